"""Passes: one month, paid once, where a card may not be charged again by itself."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.programs.models import Program
from portal.programs.queries import require_enrollment, rulebook
from subscriptions.models import Grant, Membership, Purchase, Quote, Tier, TierPrice
from subscriptions.proration import add_months
from subscriptions.queries.plans import titles
from subscriptions.queries.quote_terms import Terms
from subscriptions.queries.quotes import AlreadyMember, OwnTier, TierIsFull, chosen_amount, wanted_price
from subscriptions.queries.tiers import seats_left

TOLD_BEFORE = timedelta(days=3)


class CodeNotForPasses(Refusal):
    sentence = _("Codes count for memberships that renew; this is a pass.")
    field = "code"


def sells_passes(*, fan: User, at: datetime) -> bool:
    """Whether this person's country has passes only: the rule of the payer's region decides (program rules)."""
    return not rulebook(Program.SUBSCRIPTIONS, at.date()).may_recur(fan.country)


def pass_terms(*, fan: User, tier: Tier, at: datetime, amount_minor: int | None = None, code: str = "") -> Terms:
    """A month of a tier, paid now and never again; after the pass this person has of it, so that no day is lost."""
    require_enrollment(creator=tier.creator, program=Program.SUBSCRIPTIONS, on=at.date(), now=at)
    price = wanted_price(tier, TierPrice.Interval.MONTH, at)
    if tier.creator.user_id == fan.pk:
        raise OwnTier
    if Membership.objects.going_on().filter(fan=fan, creator=tier.creator).exists():
        raise AlreadyMember(creator=tier.creator.display_name)
    if seats_left(tier=tier, but_for=fan.pk) == 0:
        raise TierIsFull
    if code.strip():
        raise CodeNotForPasses
    amount = chosen_amount(price, amount_minor)
    start, until = pass_time(fan=fan, tier=tier, months=1, at=at)
    opens = {"from": start.isoformat(), "until": until.isoformat()}
    return Terms(
        kind=Quote.Kind.PASS,
        currency=price.currency,
        effective_at=at,
        inputs={"price": price.public_id, "amount": amount},
        price=price,
        amount_minor=amount,
        months=1,
        charge_now_minor=amount,
        gained=[{"title": title, **opens} for title in titles(tier)],
    )


def pass_time(*, fan: User, tier: Tier, months: int, at: datetime) -> tuple[datetime, datetime]:
    """From when until when another pass would open: after the last one of the same tier; the day of the month stays."""
    held = passes(at=at).filter(fan=fan, tier=tier).order_by("-until_at").first()
    if held is None or held.until_at is None:
        return at, add_months(at, months)
    return held.until_at, add_months(held.until_at, months, anchor_day=max(held.from_at.day, held.until_at.day))


def passes(*, at: datetime) -> QuerySet[Grant]:
    """Doors that passes hold open, or will."""
    return Grant.objects.filter(source__startswith="purchase:", revoked_at__isnull=True, until_at__gt=at)


def passes_to_announce(*, at: datetime) -> QuerySet[Purchase]:
    """Passes that end within three days with no other behind them, and were not told of."""
    ending = passes(at=at).filter(until_at__lte=at + TOLD_BEFORE)
    behind = passes(at=at).filter(fan=OuterRef("fan"), tier=OuterRef("tier"), from_at__gte=OuterRef("until_at"))
    ids = [
        source.removeprefix("purchase:") for source in ending.filter(~Exists(behind)).values_list("source", flat=True)
    ]
    rows = Purchase.objects.filter(kind=Purchase.Kind.PASS, public_id__in=ids, end_told_at__isnull=True)
    return rows.select_related("buyer", "creator", "price__tier")
