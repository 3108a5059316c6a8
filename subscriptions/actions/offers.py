"""Codes and trials at work: what a payment tells about who used them, and what follows from it."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.urls import reverse

from portal.kit.jobs import enqueue
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from portal.payments import gateway
from portal.payments.actions import refusing
from subscriptions.actions.cards import record_card
from subscriptions.actions.grants import revoke_grant
from subscriptions.actions.memberships import record_subscription
from subscriptions.models import ChargeRefund, Checkout, Grant, Invoice, PromoCode, PromoUse, Trial
from subscriptions.queries.persons import mailbox_of, same_person
from subscriptions.queries.trials import has_had_trial
from subscriptions.readings import InvoiceReading, Told, card_reading, id_of, subscription_reading

REFUSED = _("This person has had the free trial of this creator.")


@transaction.atomic
def follow_offers(*, invoice: Invoice, reading: InvoiceReading, now: datetime) -> None:
    """What a paid invoice tells of a code or a trial. Safe to repeat.

    Which card paid is known only now: a code that this card had used before is taken off later payments, and a
    second trial is refused. Both call the provider, so they are jobs of their own.
    """
    if invoice.is_trial and reading.is_first and not _is_no_trial(reading.checkout):
        trial = _record_trial(invoice, now)
        if trial.closed_at is None and (trial.refused_at or not trial.fingerprint):
            enqueue("subscriptions.judge_trial", trial_id=trial.pk)
    use = PromoUse.objects.filter(checkout__public_id=reading.checkout).select_related("promo", "fan").first()
    if use is None:
        return
    if reading.fingerprint and not use.fingerprint:
        use.fingerprint = reading.fingerprint
        use.save(update_fields=["fingerprint"])
        if use.promo.duration != PromoCode.Duration.ONCE and is_one_too_many(use):
            enqueue("subscriptions.cut_promo_short", use_id=use.pk)
    follow_refunds_of_use(invoice=invoice, now=now)


@transaction.atomic
def follow_refunds_of_use(*, invoice: Invoice, now: datetime) -> None:
    """A code may be used again once every payment it made cheaper was given back in full. Safe to repeat.

    A refund that fails takes the place again.
    """
    use = PromoUse.objects.filter(checkout__stripe_subscription_id=invoice.stripe_subscription_id).first()
    if use is None or not invoice.stripe_subscription_id:
        return
    cheaper = Invoice.objects.filter(
        stripe_subscription_id=invoice.stripe_subscription_id, status=Invoice.Status.PAID, discount_minor__gt=0
    )
    rows = list(cheaper.select_related("charge"))
    is_all = bool(rows) and all(_is_given_back(row) for row in rows)
    if is_all != (use.freed_at is not None):
        use.freed_at = now if is_all else None
        use.save(update_fields=["freed_at"])


def _is_given_back(invoice: Invoice) -> bool:
    if invoice.charge is None:
        return False
    gone = invoice.charge.refunds.filter(rank__lt=ChargeRefund.RANKS["failed"])
    return (gone.aggregate(total=Sum("amount_minor"))["total"] or 0) >= invoice.total_minor


def is_one_too_many(use: PromoUse) -> bool:
    """Whether this person had used the code as often as allowed before, now that the card is known."""
    earlier = use.promo.uses.counting().filter(same_person(use.fan) | Q(fingerprint=use.fingerprint), pk__lt=use.pk)
    return earlier.count() >= use.promo.most_per_person


def cut_promo_short(*, use: PromoUse, now: datetime) -> PromoUse:
    """Take a code off later payments. What was charged stands: the price shown was the price charged.

    Safe to repeat: asked once under the key `cut:{use}`, told once.
    """
    if use.cut_short_at is not None or not is_one_too_many(use):
        return use
    with refusing(), gateway.asking():
        answer = gateway.client().v1.subscriptions.update(
            use.checkout.stripe_subscription_id, {"discounts": ""}, {"idempotency_key": f"cut:{use.checkout.public_id}"}
        )
    with transaction.atomic():
        record_subscription(reading=subscription_reading(answer), now=now)
        PromoUse.objects.filter(pk=use.pk, cut_short_at__isnull=True).update(cut_short_at=now)
        tell(
            to=use.fan,
            kind="subscriptions.price_change",
            subject=_("The code %(code)s counted for your first payment only") % {"code": use.promo.code},
            body=_(
                "It had been used with this card before. From the next payment on it is the full price; you can leave before that."
            ),
            url=reverse("membership_list"),
            now=now,
            key=f"promo_cut:{use.pk}",
        )
    use.refresh_from_db()
    return use


def _is_no_trial(checkout: str) -> bool:
    """Days that somebody gave, or before a billing day, are no free trial: nobody has to be judged for them."""
    of_gift, of_season = Q(quote__inputs__gift__isnull=False), Q(place__isnull=False)
    return Checkout.objects.filter(of_gift | of_season, public_id=checkout).exists()


def _record_trial(invoice: Invoice, now: datetime) -> Trial:
    known = Trial.objects.filter(stripe_subscription_id=invoice.stripe_subscription_id).first()
    if known is not None:
        return known
    membership = invoice.membership
    trial = Trial(
        creator=membership.creator,
        fan=membership.fan,
        tier=invoice.price.tier,
        membership=membership,
        stripe_subscription_id=invoice.stripe_subscription_id,
        mailbox=mailbox_of(membership.fan.email),
        began_at=invoice.period_start_at,
        ends_at=invoice.period_end_at,
    )
    if has_had_trial(fan=membership.fan, creator=membership.creator):
        _mark_refused(trial, now)
    try:
        with transaction.atomic():
            trial.save()
    except IntegrityError:
        # Two attempts of one person at the same time: the database lets one of them through.
        _mark_refused(trial, now)
        trial.save()
    return trial


def _mark_refused(trial: Trial, now: datetime) -> None:
    trial.refused_at, trial.refused_reason = now, str(REFUSED)


def judge_trial(*, trial: Trial, now: datetime) -> Trial:
    """Look which card a trial was begun with; a card that has had its trial with this creator has no second one.

    The fan agreed to pay nothing before a day that was shown. So a refused trial ends now and without any charge, is
    told, and the tier can be joined without a trial. Safe to repeat: the card is looked up until it is known, the end
    asked for once under the key `trial:{subscription}`.
    """
    if trial.closed_at is not None:
        return trial
    if trial.refused_at is None and not trial.fingerprint:
        with refusing():
            subscription: Told = gateway.fetch_subscription(trial.stripe_subscription_id)
            method_id = id_of(getattr(subscription, "default_payment_method", None))
            reading = card_reading(gateway.fetch_payment_method(method_id)) if method_id else None
        if reading is None:
            return trial
        with transaction.atomic():
            record_card(reading=reading, now=now)
            _take_fingerprint(trial, reading.fingerprint, now)
    if trial.refused_at is not None:
        _end_refused(trial, now)
    trial.refresh_from_db()
    return trial


def _take_fingerprint(trial: Trial, fingerprint: str, now: datetime) -> None:
    trial.fingerprint = fingerprint
    if Trial.objects.granted().filter(creator=trial.creator, fingerprint=fingerprint).exclude(pk=trial.pk).exists():
        _mark_refused(trial, now)
    try:
        with transaction.atomic():
            trial.save()
    except IntegrityError:
        _mark_refused(trial, now)
        trial.save()


def _end_refused(trial: Trial, now: datetime) -> None:
    key = f"trial:{trial.stripe_subscription_id}"
    with refusing(), gateway.asking():
        answer = gateway.client().v1.subscriptions.cancel(trial.stripe_subscription_id, {}, {"idempotency_key": key})
    creator = trial.creator
    with transaction.atomic():
        tell(
            to=trial.fan,
            kind="subscriptions.trial_ending",
            subject=_("No second free trial of %(creator)s") % {"creator": creator.display_name},
            body=_(
                "This card has had its free trial here, so this one has ended. Nothing was charged and nothing will be."
                " You can join without a trial at any time."
            ),
            url=reverse("creator_page", args=[creator.handle]),
            now=now,
            # It takes the place of the word that a membership has ended.
            key=f"ended:{trial.stripe_subscription_id}",
        )
        record_subscription(reading=subscription_reading(answer), now=now)
        rows = Invoice.objects.filter(stripe_subscription_id=trial.stripe_subscription_id, is_trial=True)
        for grant in Grant.objects.filter(source__in=[row.source for row in rows]):
            revoke_grant(grant=grant, by=None, reason=str(REFUSED), now=now)
        Trial.objects.filter(pk=trial.pk, closed_at__isnull=True).update(closed_at=now)
