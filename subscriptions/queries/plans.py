"""What a plan in force was billed at, what is taken off it, and what it holds: the facts that quotes are computed from."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from portal.kit.refusal import Refusal
from subscriptions.models import Checkout, Invoice, Membership, PromoCode, StayOffer, Tier, TierPrice
from subscriptions.proration import NOTHING_OFF, Debit, Off, add_months
from subscriptions.queries.promos import Discount
from subscriptions.queries.tiers import benefits_of, contained


class RenewalInHand(Refusal):
    sentence = _("Your renewal is being collected right now. Please come back in an hour.")


def debit(membership: Membership, at: datetime) -> Debit | None:
    """What the plan in force was billed at for the time that `at` is in; the newest of them."""
    if membership.period_end_at is None:
        return None
    paid = membership.invoices.filter(
        stripe_subscription_id=membership.stripe_subscription_id,
        status=Invoice.Status.PAID,
        period_start_at__lte=at,
        period_end_at=membership.period_end_at,
    )
    row = paid.order_by("-period_start_at", "-issued_at", "-pk").first()
    return Debit(row.plan_minor, row.period_start_at, row.period_end_at) if row else None


def off_in_force(membership: Membership, at: datetime) -> Off:
    """What the code that somebody joined with takes off a payment of that moment, after the first one."""
    return offs_in_force(membership, [at])[0]


def offs_in_force(membership: Membership, dues: Sequence[datetime]) -> list[Off]:
    """The same for payments of several moments, in their order; or what was given to who stayed. At most three queries."""
    if not membership.stripe_subscription_id:
        return [NOTHING_OFF for _due in dues]
    stays = StayOffer.objects.accepted().filter(stripe_subscription_id=membership.stripe_subscription_id)
    stay = stays.filter(sent_at__isnull=False).select_related("promo").order_by("-pk").first()
    if stay is not None and stay.promo is not None and stay.sent_at is not None:
        # It took the place of every code before it.
        return [off_of(stay.promo, stay.sent_at, due, is_first=False) for due in dues]
    checkout = (
        Checkout.objects.filter(stripe_subscription_id=membership.stripe_subscription_id, promo_use__isnull=False)
        .select_related("promo_use__promo")
        .order_by("-pk")
        .first()
    )
    if checkout is None or checkout.promo_use.cut_short_at is not None:
        return [NOTHING_OFF for _due in dues]
    first = membership.invoices.filter(stripe_subscription_id=membership.stripe_subscription_id).order_by("issued_at")
    began = first.values_list("issued_at", flat=True).first() or checkout.closed_at or checkout.started_at
    free_until = membership.period_end_at if membership.status == Membership.Status.TRIALING else None
    return [off_of(checkout.promo_use.promo, began, due, is_first=due == free_until) for due in dues]


def paid_time(membership: Membership, at: datetime) -> tuple[datetime, datetime]:
    """Start and end of the running period. Raises RenewalInHand between its end and the next payment."""
    start, end = membership.period_start_at, membership.period_end_at
    if start is None or end is None or end <= at:
        raise RenewalInHand
    return start, end


def titles(tier: Tier) -> list[str]:
    """The names of everything a tier holds."""
    return [benefit.title for benefit in contained(tier, benefits_of(tier.creator))]


def at_amount(price: TierPrice, amount_minor: int) -> TierPrice:
    """The same price at another amount; not a row of its own."""
    if amount_minor == price.amount_minor:
        return price
    return TierPrice(
        tier=price.tier,
        version=price.version,
        amount_minor=amount_minor,
        currency=price.currency,
        interval=price.interval,
        effective_at=price.effective_at,
    )


def off_at(discount: Discount | None, began: datetime, due: datetime, *, is_first: bool) -> Off:
    return off_of(discount.promo, began, due, is_first=is_first) if discount else NOTHING_OFF


def off_of(promo: PromoCode, began: datetime, due: datetime, *, is_first: bool) -> Off:
    """The provider counts a code's months from the day it was used, payments or not."""
    lasts = {
        PromoCode.Duration.ONCE: is_first,
        PromoCode.Duration.MONTHS: due < add_months(began, promo.months or 1, anchor_day=began.day),
        PromoCode.Duration.FOREVER: True,
    }
    if not lasts[PromoCode.Duration(promo.duration)]:
        return NOTHING_OFF
    return Off(percent_bp=(promo.percent or 0) * 100, amount_minor=promo.amount_minor or 0)
