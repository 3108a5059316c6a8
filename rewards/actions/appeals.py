"""Nothing is taken away silently: a line is held with a reason, the creator may appeal, and an answer is due."""

from datetime import datetime, timedelta

from django.db import transaction

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from rewards.actions.months import settle_line
from rewards.models import Appeal, StatementLine

APPEAL_LASTS = timedelta(days=30)


class AlreadyDecided(Refusal):
    sentence = _("This appeal has already been answered.")


class NotYourClip(Refusal):
    sentence = _("This clip belongs to another creator.")
    status = 403


class ReasonMissing(Refusal):
    sentence = _("Say why; the creator reads it.")
    status = 422


class LineIsVoid(Refusal):
    sentence = _("This line was already taken back after an appeal.")


def _locked(line: StatementLine) -> StatementLine:
    rows = StatementLine.objects.select_for_update(of=("self",)).select_related("clip", "statement__creator__user")
    return rows.get(pk=line.pk)


@transaction.atomic
def hold_line(*, line: StatementLine, reason: str, now: datetime) -> StatementLine:
    """Move a line's money to held, with the reason; it is never deleted. Holding again replaces the reason."""
    if not reason.strip():
        raise ReasonMissing
    row = _locked(line)
    if row.held == StatementLine.Held.VOID:
        raise LineIsVoid
    row.held, row.held_reason = StatementLine.Held.HELD, reason.strip()
    row.save(update_fields=["held", "held_reason"])
    settle_line(row, at=now)
    tell(
        to=row.statement.creator.user,
        kind="rewards.line_held",
        subject=_("The reward of “%(clip)s” is held") % {"clip": row.clip.title},
        body=_("%(reason)s You can appeal on the statement; the money waits until somebody has answered.")
        % {"reason": row.held_reason},
        url=row.statement.get_absolute_url(),
        now=now,
        key=f"rewards.line_held:{row.pk}:{now.isoformat()}",
    )
    return row


@transaction.atomic
def release_line(*, line: StatementLine, now: datetime) -> StatementLine:
    """Give a held line back. A line that is not held stays as it is."""
    row = _locked(line)
    if row.held == StatementLine.Held.HELD:
        row.held, row.held_reason = StatementLine.Held.NOT, ""
        row.save(update_fields=["held", "held_reason"])
        settle_line(row, at=now)
    return row


@transaction.atomic
def open_appeal(*, creator: Creator, line: StatementLine, message: str, now: datetime) -> Appeal:
    """Ask for a line to be looked at again. One open appeal per line: repeating gives the one that is open."""
    if not message.strip():
        raise ReasonMissing
    row = _locked(line)
    if row.statement.creator_id != creator.pk:
        raise NotYourClip
    if row.held == StatementLine.Held.VOID:
        raise LineIsVoid
    appeal, _is_new = Appeal.objects.get_or_create(
        line=row,
        state=Appeal.State.OPEN,
        defaults={"message": message.strip(), "opened_at": now, "decide_by": (now + APPEAL_LASTS).date()},
    )
    return appeal


@transaction.atomic
def decide_appeal(*, appeal: Appeal, accept: bool, answer: str, by: User | None, now: datetime) -> Appeal:
    """Answer an appeal: accepted gives held money back, declined takes held money off. Raises AlreadyDecided.

    The same decision again changes nothing (key: the appeal).
    """
    if not answer.strip():
        raise ReasonMissing
    row = Appeal.objects.select_for_update().get(pk=appeal.pk)
    state = Appeal.State.ACCEPTED if accept else Appeal.State.DECLINED
    if row.state == state:
        return row
    if row.state != Appeal.State.OPEN:
        raise AlreadyDecided
    row.state, row.answer, row.decided_at, row.decided_by = state, answer.strip(), now, by
    row.save(update_fields=["state", "answer", "decided_at", "decided_by"])
    line = _locked(row.line)
    if line.held == StatementLine.Held.HELD:
        line.held = StatementLine.Held.NOT if accept else StatementLine.Held.VOID
        line.held_reason = "" if accept else line.held_reason
        line.save(update_fields=["held", "held_reason"])
        settle_line(line, at=now)
    tell(
        to=line.statement.creator.user,
        kind="rewards.appeal_decided",
        subject=_("Your appeal about “%(clip)s” is answered") % {"clip": line.clip.title},
        body=row.answer,
        url=line.statement.get_absolute_url(),
        now=now,
        key=f"rewards.appeal_decided:{row.pk}",
    )
    return row
