"""Answering a bank: what our rows say, or that the dispute is accepted. Once, by staff, before the day it is due."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.payments import gateway
from portal.payments.actions import ProviderRefused, refusing
from subscriptions.actions.invoices import record_dispute
from subscriptions.models import ChargeDispute, DisputeAnswer
from subscriptions.queries.disputes import dispute_dossier
from subscriptions.readings import dispute_reading


class OnlyStaffAnswer(Refusal):
    sentence = _("Only staff answer a bank.")
    status = 403


class DisputeIsOver(Refusal):
    sentence = _("The bank has decided already.")


class DisputeIsAnswered(Refusal):
    sentence = _("This dispute was answered otherwise already; a bank reads one answer.")


class AnswerIsTooLate(Refusal):
    sentence = _("The day by which the bank wanted an answer is over.")


class NothingToTell(Refusal):
    sentence = _("The payment is not known here yet, so there is nothing to tell the bank. Look again in a minute.")


def submit_evidence(*, dispute: ChargeDispute, by: User, now: datetime, words: str = "") -> DisputeAnswer:
    """Send the dossier, with words of staff before it, to the bank. It can be sent once.

    Safe to repeat: one answer a dispute, kept as it was sent first, under the key `dispute:{answer}`.
    """
    answer = _reserve(dispute=dispute, kind=DisputeAnswer.Kind.EVIDENCE, by=by, words=words, now=now)
    return send_answer(answer=answer, now=now)


def accept_dispute(*, dispute: ChargeDispute, by: User, now: datetime) -> DisputeAnswer:
    """Let the bank's customer have it: the dispute is lost at once, and cannot be answered any more. Safe to repeat."""
    answer = _reserve(dispute=dispute, kind=DisputeAnswer.Kind.ACCEPTED, by=by, words="", now=now)
    return send_answer(answer=answer, now=now)


@transaction.atomic
def _reserve(*, dispute: ChargeDispute, kind: str, by: User, words: str, now: datetime) -> DisputeAnswer:
    if not by.is_staff:
        raise OnlyStaffAnswer
    row = ChargeDispute.objects.select_for_update().get(pk=dispute.pk)
    known = DisputeAnswer.objects.filter(dispute=row).first()
    if known is not None:
        if known.kind != kind:
            raise DisputeIsAnswered
        return known
    if not row.is_open:
        raise DisputeIsOver
    if row.due_at is not None and now >= row.due_at:
        raise AnswerIsTooLate
    evidence: dict[str, str] = {}
    if kind == DisputeAnswer.Kind.EVIDENCE:
        dossier = dispute_dossier(dispute=row)
        if dossier is None:
            raise NothingToTell
        evidence = dossier.evidence(words)
    return DisputeAnswer.objects.create(dispute=row, kind=kind, evidence=evidence, decided_by=by, decided_at=now)


def send_answer(*, answer: DisputeAnswer, now: datetime) -> DisputeAnswer:
    """Ask the provider for what an answer says, outside any transaction. Safe to repeat, under `dispute:{answer}`.

    What the provider has already is only taken over. A certain no (it was decided meanwhile) takes the answer back; an
    unclear one is asked again by the sweep, or by whoever presses again.
    """
    if answer.sent_at is not None:
        return answer
    with refusing():
        try:
            if not _is_known_there(answer):
                _ask(answer)
        except gateway.CertainRefusal as no:
            DisputeAnswer.objects.filter(pk=answer.pk, sent_at__isnull=True).delete()
            raise ProviderRefused(reason=str(no)) from no
        told = gateway.fetch_dispute(answer.dispute.stripe_id)
    with transaction.atomic():
        DisputeAnswer.objects.filter(pk=answer.pk, sent_at__isnull=True).update(sent_at=now)
        record_dispute(reading=dispute_reading(told), now=now)
    answer.refresh_from_db()
    return answer


def _is_known_there(answer: DisputeAnswer) -> bool:
    """Whether the provider has this very answer: it stands on the dispute, also when the key is forgotten there."""
    told = dispute_reading(gateway.fetch_dispute(answer.dispute.stripe_id))
    if answer.kind == DisputeAnswer.Kind.ACCEPTED:
        return told.status == "lost"
    return told.answer == answer.public_id


def _ask(answer: DisputeAnswer) -> None:
    key: Any = {"idempotency_key": f"dispute:{answer.public_id}"}
    asked: Any = {"evidence": answer.evidence, "submit": True, "metadata": {"answer": answer.public_id}}
    with gateway.asking():
        disputes = gateway.client().v1.disputes
        if answer.kind == DisputeAnswer.Kind.EVIDENCE:
            disputes.update(answer.dispute.stripe_id, asked, key)
        else:
            disputes.close(answer.dispute.stripe_id, {}, key)


def refresh_dispute(*, dispute: ChargeDispute, now: datetime) -> ChargeDispute:
    """Take over what the provider says of a dispute now: the day it is due, say. Safe to repeat."""
    with refusing():
        told = gateway.fetch_dispute(dispute.stripe_id)
    return record_dispute(reading=dispute_reading(told), now=now)
