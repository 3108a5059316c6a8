"""What a gift costs, what claiming it would mean for whom, and what is left of one that was claimed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.programs.models import Program
from portal.programs.queries import require_enrollment
from subscriptions.models import Gift, Grant, Membership, PoolSeat, Quote, Tier, TierPrice
from subscriptions.proration import add_months
from subscriptions.queries.places import require_no_season
from subscriptions.queries.plans import titles
from subscriptions.queries.quote_terms import Terms
from subscriptions.queries.tiers import current_prices

# What somebody may claim: months of a tier, from one person or from a pool.
Given = Gift | PoolSeat
A_DAY = timedelta(days=1)
NOTHING_LEFT = timedelta(0)


class GiftNotOffered(Refusal):
    sentence = _("Nobody can give this tier for that long right now.")


class GiftToOneself(Refusal):
    sentence = _("This is your own tier. To let somebody in, give them access from your members page.")


class RenewalIsNear(Refusal):
    sentence = _("Your renewal is being collected right now. Please come back in an hour; the gift waits for you.")


class PlanChangeIsWaiting(Refusal):
    sentence = _("Another change of your plan waits. Take it back first, or claim this when it is done.")


def gift_price(*, tier: Tier, months: int, at: datetime) -> tuple[TierPrice, int]:
    """The price a gift of so many months rests on, and the amount: the price for that very time, else month by month.

    Raises GiftNotOffered.
    """
    asked = {price.months: price for price in current_prices(tier=tier, at=at)}
    price = asked.get(months) or asked.get(1)
    if months not in Gift.MONTHS or price is None or not tier.is_on_sale:
        raise GiftNotOffered
    return price, price.amount_minor * months // price.months


def gift_choices(*, tier: Tier, at: datetime) -> list[tuple[int, int, str]]:
    """(months, amount in minor units, currency) of every gift that may be bought of a tier now."""
    found = []
    for months in Gift.MONTHS:
        try:
            price, amount = gift_price(tier=tier, months=months, at=at)
        except GiftNotOffered:
            continue
        found.append((months, amount, price.currency))
    return found


def gift_terms(*, fan: User, tier: Tier, months: int, at: datetime) -> Terms:
    """What giving costs: paid once, now, and never again."""
    require_enrollment(creator=tier.creator, program=Program.SUBSCRIPTIONS, on=at.date(), now=at)
    if tier.creator.user_id == fan.pk:
        raise GiftToOneself
    require_no_season(tier=tier)
    price, amount = gift_price(tier=tier, months=months, at=at)
    return Terms(
        kind=Quote.Kind.GIFT,
        currency=price.currency,
        effective_at=at,
        inputs={"price": price.public_id, "amount": amount},
        price=price,
        amount_minor=amount,
        months=months,
        charge_now_minor=amount,
        gained=[{"title": title, "from": at.isoformat(), "until": None} for title in titles(tier)],
    )


@dataclass(frozen=True, slots=True)
class ClaimEffect:
    """What claiming now would do: open from … until …; `moves`: the membership whose next charge waits until then."""

    from_at: datetime
    until_at: datetime
    moves: Membership | None = None
    charge_at: datetime | None = None


def claim_effect(*, gift: Given, fan: User, at: datetime) -> ClaimEffect:
    """Months by the calendar, after what this person has of the creator already, so that no day is lost.

    A membership that goes on is charged that much later; one that is about to end is followed by the gift; another gift
    is followed too. Raises RenewalIsNear or PlanChangeIsWaiting.
    """
    start, anchor = at, at.day
    earlier = gifted(fan=fan, creator=gift.creator, at=at).order_by("-until_at").first()
    if earlier is not None and earlier.until_at is not None:
        start, anchor = earlier.until_at, earlier.from_at.day
    membership = Membership.objects.going_on().filter(fan=fan, creator=gift.creator).select_related("price").first()
    is_paid = membership is not None and membership.status in (Membership.Status.ACTIVE, Membership.Status.TRIALING)
    if membership is None or not is_paid or membership.period_end_at is None:
        return ClaimEffect(start, add_months(start, gift.months, anchor_day=anchor))
    end = membership.period_end_at
    if end <= at:
        raise RenewalIsNear
    until = add_months(max(start, end), gift.months, anchor_day=membership.anchor_day or end.day)
    if membership.cancel_at_period_end:
        return ClaimEffect(max(start, end), until)
    if membership.changes.pending().exists() or membership.resumes_at is not None:
        raise PlanChangeIsWaiting
    return ClaimEffect(max(start, end), until, membership, until)


def gifted(*, fan: User, creator: Creator, at: datetime) -> QuerySet[Grant]:
    """Claimed gifts and seats that are not used up, also those that begin later."""
    given = Q(gift__isnull=False) | Q(pool_seat__isnull=False)
    rows = Grant.objects.filter(given, fan=fan, creator=creator, revoked_at__isnull=True)
    return rows.filter(until_at__gt=at)


def gift_days(*, fan: User, tier: Tier, at: datetime) -> tuple[int, str]:
    """How many days somebody who joins has in advance from a gift, and the gift's source; (0, "") for none.

    A part of a day counts as one. A gift of a lower tier does not pay for a higher one; it runs beside it.
    """
    grant = gifted(fan=fan, creator=tier.creator, at=at).filter(tier__rank__gte=tier.rank).order_by("-until_at").first()
    left = grant.until_at - at if grant is not None and grant.until_at is not None else NOTHING_LEFT
    return (-(-left // A_DAY), grant.source) if grant is not None and left > NOTHING_LEFT else (0, "")


def gifts_bought(*, buyer: User) -> QuerySet[Gift]:
    """What a person has given, the newest first; also what waits at the checkout."""
    rows = Gift.objects.filter(buyer=buyer, purchase__isnull=False).exclude(purchase__state="expired")
    return rows.select_related("purchase", "creator", "tier", "redeemer", "grant")


def gifts_of_creator(*, creator: Creator) -> QuerySet[Gift]:
    """Every gift that was paid for a creator's tiers."""
    return Gift.objects.paid().filter(creator=creator).select_related("purchase", "tier", "redeemer", "buyer")
