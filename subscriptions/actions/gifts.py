"""Gifts: written with their quote, paid once, delivered, claimed, and taken back with the money that made them."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from portal.accounts.models import User
from portal.kit.jobs import enqueue
from portal.kit.refusal import Refusal
from portal.kit.words import day_lazy, money_lazy
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from subscriptions.actions.charges import settle_payment
from subscriptions.actions.grants import revoke_grant
from subscriptions.actions.tenure import rebuild_tenure
from subscriptions.models import Gift, Grant, Purchase, Quote
from subscriptions.queries.gifts import claim_effect
from subscriptions.queries.refunds import has_open_dispute


class GiftLinkIsWrong(Refusal):
    sentence = _("This is not the link of a gift. Please open the one you were sent, whole.")
    status = 404


class GiftIsNotPaid(Refusal):
    sentence = _("This gift is not paid for yet. Please come back in a moment.")


class GiftIsTaken(Refusal):
    sentence = _("Somebody has claimed this gift already.")


class GiftHasExpired(Refusal):
    sentence = _("Nobody claimed this gift in time; its link has ended.")


class GiftIsWithdrawn(Refusal):
    sentence = _("This gift was given back to the person who bought it.")


class GiftIsDisputed(Refusal):
    sentence = _("A bank is looking at the payment of this gift. It cannot be claimed meanwhile.")


class GiftOfOwnTier(Refusal):
    sentence = _("This is a gift of your own tier. Pass the link on to somebody who is not you.")


class NotYourGift(Refusal):
    sentence = _("Only the person who bought this gift can do this.")
    status = 403


class GiftIsDelivered(Refusal):
    sentence = _("This gift is on its way already; whoever has the link can claim it.")


class DeliveryTooFar(Refusal):
    sentence = _("Choose a day within a year from now.")
    field = "deliver_on"


@transaction.atomic
def write_gift(
    *,
    quote: Quote,
    now: datetime,
    recipient_name: str = "",
    recipient_email: str = "",
    message: str = "",
    deliver_at: datetime | None = None,
) -> Gift:
    """What goes with a gift that is not paid yet. Safe to repeat with other words: one gift a quote."""
    assert quote.price is not None
    _require_near(deliver_at, now)
    words = {
        "recipient_name": recipient_name.strip(),
        "recipient_email": recipient_email.strip(),
        "message": message.strip(),
        "deliver_at": deliver_at,
    }
    made = {
        "buyer": quote.fan,
        "creator": quote.creator,
        "tier": quote.price.tier,
        "months": quote.months,
        "made_at": now,
    }
    return Gift.objects.update_or_create(quote=quote, defaults=words, create_defaults=made | words)[0]


def _require_near(deliver_at: datetime | None, now: datetime) -> None:
    if deliver_at is not None and deliver_at > now + Gift.DELIVERED_WITHIN:
        raise DeliveryTooFar


@transaction.atomic
def begin_gift(*, purchase: Purchase, now: datetime) -> Gift:
    """It is paid: from now on, or from the day it is delivered, somebody has a year to claim it. Safe to repeat."""
    gift = locked_gift(purchase=purchase)
    if gift.expires_at is None:
        paid_at = purchase.paid_at or now
        gift.expires_at = max(paid_at, gift.deliver_at or paid_at) + Gift.CLAIMED_WITHIN
        gift.save(update_fields=["expires_at"])
        tell(
            to=gift.buyer,
            kind="subscriptions.gift_bought",
            subject=_("Your gift is ready: %(tier)s of %(creator)s") % _names(gift),
            body=_("You find its link on its page. It can be claimed until %(day)s.")
            % {"day": day_lazy(gift.expires_at)},
            url=reverse("gift_detail", args=[gift.public_id]),
            now=now,
            key=f"gift-bought:{gift.public_id}",
        )
        if gift.recipient_email and (gift.deliver_at is None or gift.deliver_at <= now):
            enqueue("subscriptions.deliver_gift", gift_id=gift.pk)
    return gift


def locked_gift(*, purchase: Purchase) -> Gift:
    rows = Gift.objects.select_for_update(of=("self",)).select_related("buyer", "creator__user", "tier")
    return rows.get(purchase=purchase)


@transaction.atomic
def claim_gift(*, gift: Gift, secret: str, by: User, now: datetime) -> Gift:
    """Take a gift: its months begin now, or after what this person has already; then the creator's part is earned.

    Refused with the reason: a wrong link, not paid, taken, expired, withdrawn, disputed. Safe to repeat for whoever
    claimed it: one grant a gift, `gift:{public_id}`. A charge that has to wait is moved by a job of its own.
    """
    if not gift.opens_with(secret):
        raise GiftLinkIsWrong
    rows = Gift.objects.select_for_update(of=("self",)).select_related("buyer", "creator__user", "tier", "purchase")
    row = rows.get(pk=gift.pk)
    if row.claimed_at is not None and row.redeemer_id == by.pk and row.withdrawn_at is None:
        return row
    require_claimable(gift=row, by=by, now=now)
    effect = claim_effect(gift=row, fan=by, at=now)
    row.grant = Grant.objects.create(
        source=row.source,
        fan=by,
        creator=row.creator,
        tier=row.tier,
        kind=Grant.Kind.GIFTED,
        from_at=effect.from_at,
        until_at=effect.until_at,
        granted_by=row.buyer,
    )
    row.redeemer, row.claimed_at = by, now
    if effect.moves is not None:
        row.moves_charge_of, row.moves_charge_to = effect.moves.stripe_subscription_id, effect.charge_at
        enqueue("subscriptions.move_charge", gift_id=row.pk)
    row.save()
    rebuild_tenure(fan=by, creator=row.creator, now=now)
    assert row.purchase is not None
    earn(purchase=row.purchase, now=now)
    _tell_claimed(row, now)
    return row


def require_claimable(*, gift: Gift, by: User | None, now: datetime) -> None:
    """Raises why a gift cannot be claimed (by that person, where one is known)."""
    if gift.withdrawn_at is not None:
        raise GiftIsWithdrawn
    if not gift.is_paid or gift.expires_at is None or gift.purchase is None:
        raise GiftIsNotPaid
    if gift.claimed_at is not None:
        raise GiftIsTaken
    # The deadline itself counts, not whether a job has marked it yet.
    if gift.expired_at is not None or now >= gift.expires_at:
        raise GiftHasExpired
    if has_open_dispute(invoice=gift.purchase):
        raise GiftIsDisputed
    if by is not None and by.pk == gift.creator.user_id:
        raise GiftOfOwnTier


@transaction.atomic
def earn(*, purchase: Purchase, now: datetime) -> None:
    """From now on the creator's part is the creator's. Safe to repeat: the first time stays."""
    row = Purchase.objects.select_for_update(of=("self",)).get(pk=purchase.pk)
    if row.earned_at is None:
        row.earned_at = now
        row.save(update_fields=["earned_at"])
        settle_payment(payment=row, now=now)


@transaction.atomic
def withdraw_gift(*, gift: Gift, reason: str, now: datetime) -> Gift:
    """The money went back: so does what it gave, and the right to claim it. Safe to repeat: the first time stays.

    Months that are over stay what they were.
    """
    row = (
        Gift.objects.select_for_update(of=("self",)).select_related("buyer", "creator", "tier", "grant").get(pk=gift.pk)
    )
    if row.withdrawn_at is not None:
        return row
    row.withdrawn_at, row.withdrawn_reason = now, reason
    row.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    if row.grant is not None and row.redeemer is not None and not row.is_used_up(now):
        revoke_grant(grant=row.grant, by=None, reason=f"gift {reason}", now=now)
        tell(
            to=row.redeemer,
            kind="subscriptions.gift_withdrawn",
            subject=_("Your gift of %(tier)s was taken back") % _names(row),
            body=_("Its payment was given back to the person who bought it, so what it opened is closed again."),
            url=reverse("creator_page", args=[row.creator.handle]),
            now=now,
            key=f"gift-withdrawn:{row.public_id}",
        )
        enqueue("subscriptions.move_charge", gift_id=row.pk)
    return row


@transaction.atomic
def expire_gift(*, gift: Gift, now: datetime) -> Gift:
    """Nobody claimed it in a year: the buyer is told, and the creator has earned it. Safe to repeat.

    The rule stands on the page where it was bought (docs/decisions/0016).
    """
    row = (
        Gift.objects.select_for_update(of=("self",))
        .select_related("buyer", "creator", "tier", "purchase")
        .get(pk=gift.pk)
    )
    if row.state(now) != "expired" or row.expired_at is not None:
        return row
    row.expired_at = now
    row.save(update_fields=["expired_at"])
    assert row.purchase is not None
    earn(purchase=row.purchase, now=now)
    tell(
        to=row.buyer,
        kind="subscriptions.gift_expired",
        subject=_("Nobody claimed your gift of %(tier)s") % _names(row),
        body=_("Its year is over. As said when you bought it, what you paid goes to %(creator)s.") % _names(row),
        url=reverse("gift_detail", args=[row.public_id]),
        now=now,
        key=f"gift-expired:{row.public_id}",
    )
    return row


@transaction.atomic
def remind_of_gift(*, gift: Gift, now: datetime) -> Gift:
    """Seven days before the end: the buyer hears of it, and the recipient by mail again. Once."""
    row = Gift.objects.select_for_update(of=("self",)).select_related("buyer", "creator", "tier").get(pk=gift.pk)
    if row.reminded_at is not None or row.state(now) != "waiting" or row.expires_at is None:
        return row
    row.reminded_at = now
    row.save(update_fields=["reminded_at"])
    tell(
        to=row.buyer,
        kind="subscriptions.gift_reminder",
        subject=_("Your gift of %(tier)s ends on %(day)s") % {**_names(row), "day": day_lazy(row.expires_at)},
        body=_("Nobody has claimed it yet. Its link is on its page: send it again, or ask for the gift back."),
        url=reverse("gift_detail", args=[row.public_id]),
        now=now,
        key=f"gift-reminder:{row.public_id}",
    )
    if row.recipient_email:
        enqueue("subscriptions.deliver_gift", gift_id=row.pk, again=True)
    return row


@transaction.atomic
def redirect_gift(
    *, gift: Gift, by: User, recipient_name: str, recipient_email: str, deliver_at: datetime | None, now: datetime
) -> Gift:
    """Another recipient, or another day, before it is delivered. Safe to repeat. Refused once the mail is out."""
    row = Gift.objects.select_for_update(of=("self",)).select_related("purchase").get(pk=gift.pk)
    require_buyer(gift=row, by=by)
    if row.delivered_at is not None or row.claimed_at is not None:
        raise GiftIsDelivered
    require_claimable(gift=row, by=None, now=now)
    _require_near(deliver_at, now)
    row.recipient_name, row.recipient_email = recipient_name.strip(), recipient_email.strip()
    row.deliver_at = deliver_at
    assert row.purchase is not None
    paid_at = row.purchase.paid_at or now
    row.expires_at = max(paid_at, deliver_at or paid_at) + Gift.CLAIMED_WITHIN
    row.save(update_fields=["recipient_name", "recipient_email", "deliver_at", "expires_at"])
    if row.recipient_email and (deliver_at is None or deliver_at <= now):
        enqueue("subscriptions.deliver_gift", gift_id=row.pk)
    return row


def resend_gift(*, gift: Gift, by: User, now: datetime) -> None:
    """Send the mail once more; each call is one more mail."""
    require_buyer(gift=gift, by=by)
    require_claimable(gift=gift, by=None, now=now)
    if gift.recipient_email:
        enqueue("subscriptions.deliver_gift", gift_id=gift.pk, again=True)


def require_buyer(*, gift: Gift, by: User) -> None:
    if gift.buyer_id != by.pk:
        raise NotYourGift


def record_delivered(*, gift: Gift, now: datetime) -> None:
    """The mail is out. Safe to repeat: the first time stays."""
    Gift.objects.filter(pk=gift.pk, delivered_at__isnull=True).update(delivered_at=now)


def is_returnable(gift: Gift, now: datetime) -> bool:
    """Whether the buyer may have the money back without asking: not claimed, within fourteen days of paying."""
    paid_at = gift.purchase.paid_at if gift.purchase else None
    in_time = paid_at is not None and now - paid_at <= Gift.BACK_WITHIN
    return in_time and gift.state(now) in ("waiting", "scheduled")


def _names(gift: Gift) -> dict[str, str]:
    return {"tier": gift.tier.name, "creator": gift.creator.display_name}


def _tell_claimed(gift: Gift, now: datetime) -> None:
    assert gift.redeemer is not None
    assert gift.purchase is not None
    amount = money_lazy(gift.purchase.gross_minor, gift.purchase.currency)
    people = (
        (gift.buyer, _("%(fan)s has claimed your gift"), reverse("gift_detail", args=[gift.public_id])),
        (gift.creator.user, _("%(fan)s came in with a gift of %(amount)s"), reverse("creator_gift_list")),
    )
    for person, subject, url in people:
        tell(
            to=person,
            kind="subscriptions.gift_claimed",
            subject=subject % {"fan": gift.redeemer, "amount": amount},
            body=_("%(tier)s of %(creator)s is open to them now.") % _names(gift),
            url=url,
            now=now,
            key=f"gift-claimed:{gift.public_id}:{person.pk}",
        )
