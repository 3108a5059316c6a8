"""Promo codes: made, known to the provider, used, switched off."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.refusal import Refusal
from portal.payments import gateway
from portal.payments.actions import refusing
from portal.programs.models import Program
from portal.programs.queries import require_enrollment
from subscriptions.models import Checkout, PromoCode, PromoUse, Tier
from subscriptions.queries.persons import mailbox_of
from subscriptions.queries.promos import Discount, discount_for

REPEATING = {
    PromoCode.Duration.ONCE: "once",
    PromoCode.Duration.MONTHS: "repeating",
    PromoCode.Duration.FOREVER: "forever",
}


class CodeIsTaken(Refusal):
    sentence = _("You have a code “%(code)s” already. Switch it off first, or choose another word.")
    field = "code"


class CodeTakesNothingOff(Refusal):
    sentence = _("Say either how many percent it takes off, or which amount.")
    field = "percent"


class CodeEndsBeforeItBegins(Refusal):
    sentence = _("A code ends after it begins.")
    field = "ends_at"


def add_promo(
    *,
    creator: Creator,
    code: str,
    now: datetime,
    percent: int | None = None,
    amount_minor: int | None = None,
    duration: str = PromoCode.Duration.ONCE,
    months: int | None = None,
    tiers: Iterable[Tier] = (),
    interval: str = "",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    most_uses: int | None = None,
    most_per_person: int = 1,
) -> PromoCode:
    """A new code of a creator; amounts in minor units of the creator's currency. It counts once the provider knows it.

    Safe to repeat after a silent provider: `send_promo` asks under the key `coupon:{public_id}`. The same word again
    is refused while the first is on.
    """
    require_enrollment(creator=creator, program=Program.SUBSCRIPTIONS, on=now.date(), now=now)
    if (percent is None) == (amount_minor is None):
        raise CodeTakesNothingOff
    if ends_at is not None and ends_at <= (starts_at or now):
        raise CodeEndsBeforeItBegins
    word = code.strip().upper()
    values: dict[str, Any] = {
        "percent": percent,
        "amount_minor": amount_minor,
        "currency": creator.currency,
        "duration": duration,
        "months": months if duration == PromoCode.Duration.MONTHS else None,
        "interval": interval,
        "starts_at": starts_at or now,
        "ends_at": ends_at,
        "most_uses": most_uses,
        "most_per_person": most_per_person,
        "created_at": now,
    }
    try:
        with transaction.atomic():
            promo = PromoCode.objects.create(creator=creator, code=word, **values)
            promo.tiers.set(tiers)
    except IntegrityError as error:
        if PromoCode.objects.switched_on().filter(creator=creator, code=word).exists():
            raise CodeIsTaken(code=word) from error
        raise
    return send_promo(promo=promo)


def send_promo(*, promo: PromoCode) -> PromoCode:
    """Let the provider know a code, as one coupon. Safe to repeat, under the key `coupon:{public_id}`.

    Caps and dates stay here: the provider counts uses that were given back, and knows no tiers of ours.
    """
    if promo.stripe_coupon_id:
        return promo
    asked: Any = {
        "name": promo.code,
        "duration": REPEATING[PromoCode.Duration(promo.duration)],
        "metadata": {"promo": promo.public_id, "creator": promo.creator.public_id},
    }
    if promo.months:
        asked["duration_in_months"] = promo.months
    if promo.percent is not None:
        asked["percent_off"] = promo.percent
    else:
        asked |= {"amount_off": promo.amount_minor, "currency": promo.currency}
    with refusing(), gateway.asking():
        made = gateway.client().v1.coupons.create(asked, {"idempotency_key": f"coupon:{promo.public_id}"})
    PromoCode.objects.filter(pk=promo.pk).update(stripe_coupon_id=made.id)
    promo.stripe_coupon_id = made.id
    return promo


@transaction.atomic
def switch_off_promo(*, promo: PromoCode, now: datetime) -> PromoCode:
    """Nobody can use it any more; who joined with it keeps its price. Safe to repeat: the first time stays."""
    PromoCode.objects.filter(pk=promo.pk, switched_off_at__isnull=True).update(switched_off_at=now)
    promo.refresh_from_db()
    return promo


@transaction.atomic
def reserve_use(*, discount: Discount, checkout: Checkout, now: datetime) -> PromoUse:
    """Take a place of the code for this attempt, in the transaction that makes the attempt. Safe to repeat.

    The code's row is the lock for its caps, which are asked again under it: raises what `discount_for` raises. A place
    comes back by itself when the attempt runs out, and when the payment is given back in full.
    """
    known = PromoUse.objects.filter(checkout=checkout).first()
    if known is not None:
        return known
    PromoCode.objects.select_for_update().get(pk=discount.promo.pk)
    discount_for(code=discount.code, fan=checkout.fan, price=checkout.price, at=now)
    return PromoUse.objects.create(
        promo=discount.promo,
        checkout=checkout,
        fan=checkout.fan,
        mailbox=mailbox_of(checkout.fan.email),
        off_minor=discount.off_minor(checkout.price.amount_minor),
        currency=checkout.price.currency,
        used_at=now,
    )
