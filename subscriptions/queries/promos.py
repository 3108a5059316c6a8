"""What a promo code takes off, for whom and how long. The arithmetic is the provider's, to the cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.money import share_bp, split_by_weight
from portal.kit.refusal import Refusal
from portal.kit.words import day_lazy, money_lazy
from subscriptions.models import Checkout, PromoCode, TierPrice
from subscriptions.queries.persons import same_person

# What no card can be charged with: the provider would carry it over to the next invoice, and the price shown would
# not be the price charged.
SMALLEST_MINOR = {"gbp": 30}
SMALLEST_OTHERWISE_MINOR = 50


class PromoUnknown(Refusal):
    sentence = _("%(creator)s has no code “%(code)s”.")
    field = "code"


class PromoNotYet(Refusal):
    sentence = _("This code counts from %(date)s on.")
    field = "code"


class PromoOver(Refusal):
    sentence = _("This code has run out.")
    field = "code"


class PromoUsedUp(Refusal):
    sentence = _("This code has been used as often as it may be.")
    field = "code"


class PromoUsedByYou(Refusal):
    sentence = _("You have used this code already.")
    field = "code"


class PromoNotForTier(Refusal):
    sentence = _("This code is not for %(tier)s.")
    field = "code"


class PromoNotForInterval(Refusal):
    sentence = _("This code is not for memberships paid every %(interval)s.")
    field = "code"


class PromoLeavesTooLittle(Refusal):
    sentence = _("With this code %(left)s would be left to pay, which is less than a card can be charged with.")
    field = "code"


@dataclass(frozen=True, slots=True)
class Discount:
    """The terms of one code for one price, in the price's minor units.

    `percent` or `amount_minor`, the other None. `duration` as in `PromoCode.Duration`; `months` with "months" only.
    `stripe_coupon_id` goes into the session's `discounts` as {"coupon": …}.
    """

    promo: PromoCode
    price: TierPrice

    @property
    def code(self) -> str:
        return self.promo.code

    @property
    def percent(self) -> int | None:
        return self.promo.percent

    @property
    def amount_minor(self) -> int | None:
        return self.promo.amount_minor

    @property
    def duration(self) -> str:
        return self.promo.duration

    @property
    def months(self) -> int | None:
        return self.promo.months

    @property
    def stripe_coupon_id(self) -> str:
        return self.promo.stripe_coupon_id

    def off_minor(self, amount: int) -> int:
        """What it takes off `amount` minor units: half a unit rounds up, never more than all of it."""
        if self.promo.percent is not None:
            return share_bp(amount, self.promo.percent * 100)
        return min(amount, self.promo.amount_minor or 0)

    def spread(self, amounts: Sequence[int]) -> list[int]:
        """The part of each line, by largest remainder: the parts sum to `off_minor` of all of them."""
        off = self.off_minor(sum(amounts))
        return split_by_weight(off, amounts) if off else [0] * len(amounts)

    @property
    def charges(self) -> int | None:
        """How many payments it makes cheaper, when the first is due at once; None: every one."""
        if self.promo.duration == PromoCode.Duration.FOREVER:
            return None
        return self.promo.months or 1


def discount_for(*, code: str, fan: User, price: TierPrice, at: datetime) -> Discount:
    """What a code takes off a price for a person at a moment. Raises a Refusal (field "code") when it does not count.

    Letter case and blanks around it do not matter. Caps count uses at open checkouts too; per person they count the
    same mailbox and the same card under another account.
    """
    creator, word = price.tier.creator, code.strip().upper()
    promo = PromoCode.objects.switched_on().filter(creator=creator, code=word).first()
    if promo is None or not promo.stripe_coupon_id:
        raise PromoUnknown(creator=creator.display_name, code=word[:24])
    require_scope(promo, price, at)
    _require_room(promo, fan)
    discount = Discount(promo, price)
    left = price.amount_minor - discount.off_minor(price.amount_minor)
    if 0 < left < SMALLEST_MINOR.get(price.currency, SMALLEST_OTHERWISE_MINOR):
        raise PromoLeavesTooLittle(left=money_lazy(left, price.currency))
    return discount


def require_scope(promo: PromoCode, price: TierPrice, at: datetime) -> None:
    """Raises why a code does not count for a price at a moment: its dates, its tiers, its rhythm, its currency."""
    if at < promo.starts_at:
        raise PromoNotYet(date=day_lazy(promo.starts_at))
    if promo.ends_at is not None and promo.ends_at <= at:
        raise PromoOver
    tiers = list(promo.tiers.values_list("pk", flat=True))
    if tiers and price.tier_id not in tiers:
        raise PromoNotForTier(tier=price.tier)
    # Some months of a year's price would make the whole year cheaper.
    months_only = promo.duration == PromoCode.Duration.MONTHS and price.interval != TierPrice.Interval.MONTH
    other_interval = bool(promo.interval) and promo.interval != price.interval
    other_currency = promo.amount_minor is not None and promo.currency != price.currency
    if months_only or other_interval or other_currency:
        raise PromoNotForInterval(interval=price.get_interval_display())


def _require_room(promo: PromoCode, fan: User) -> None:
    # The person's own open attempt gives way to the one that asks.
    uses = promo.uses.counting().exclude(fan=fan, checkout__state=Checkout.State.OPEN)
    if uses.filter(same_person(fan)).count() >= promo.most_per_person:
        raise PromoUsedByYou
    if promo.most_uses is not None and uses.count() >= promo.most_uses:
        raise PromoUsedUp
