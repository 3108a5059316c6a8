"""Make, price, publish and archive tiers."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.kit.words import money_lazy
from portal.payments import gateway
from portal.payments.actions import refusing
from portal.programs.models import Program
from portal.programs.queries import require_enrollment
from subscriptions.actions.boundaries import drop_changes, tell_dropped
from subscriptions.models import Benefit, MembershipTerms, PlanChange, Tier, TierBenefit, TierPrice


class TooManyTiers(Refusal):
    sentence = _("You have %(most)s tiers, which is the most. Archive one first.")


class RankIsTaken(Refusal):
    sentence = _("Another tier stands on this step.")
    field = "rank"


class PriceOutOfRange(Refusal):
    sentence = _("A price is between %(least)s and %(most)s.")
    field = "amount"


class TierIsArchived(Refusal):
    sentence = _("This tier is archived. Make a new one.")


class OrderIsPromised(Refusal):
    sentence = _("Somebody is in %(tier)s. Its place in the order is part of what they pay for.")


LEAST_MINOR, MOST_MINOR = 100, 100_000


@transaction.atomic
def add_tier(
    *,
    creator: Creator,
    name: str,
    amount_minor: int,
    now: datetime,
    rank: int | None = None,
    interval: str = TierPrice.Interval.MONTH,
    description: str = "",
    badge: str = "",
    seats: int | None = None,
    trial_days: int = 0,
    welcome: str = "",
    benefits: Iterable[Benefit] = (),
) -> Tier:
    """A draft of a tier with its first price, in the creator's currency. Not on sale before `publish_tier`.

    Without `rank` it goes on top. Not safe to repeat without a rank: each call is a new tier.
    """
    Creator.objects.select_for_update().get(pk=creator.pk)
    live = creator.tiers.not_archived()
    if live.count() >= Tier.MOST_PER_CREATOR:
        raise TooManyTiers(most=Tier.MOST_PER_CREATOR)
    rank = rank or (live.aggregate(top=Max("rank"))["top"] or 0) + 1
    if live.filter(rank=rank).exists():
        raise RankIsTaken
    tier = Tier.objects.create(
        creator=creator,
        name=name,
        rank=rank,
        description=description,
        badge=badge,
        seats=seats,
        trial_days=trial_days,
        welcome=welcome,
        created_at=now,
    )
    set_benefits(tier=tier, benefits=benefits)
    add_price(tier=tier, amount_minor=amount_minor, interval=interval, now=now)
    return tier


@transaction.atomic
def change_tier(
    *,
    tier: Tier,
    name: str,
    amount_minor: int,
    now: datetime,
    interval: str,
    description: str,
    badge: str,
    seats: int | None,
    benefits: Iterable[Benefit],
    trial_days: int = 0,
    welcome: str = "",
) -> Tier:
    """Change what a tier is called, holds and costs; another price is a new version (`add_price`), on sale once it is
    published. Safe to repeat.
    """
    if tier.archived_at is not None:
        raise TierIsArchived
    tier.name, tier.description, tier.badge, tier.seats = name, description, badge, seats
    tier.trial_days, tier.welcome = trial_days, welcome
    tier.save(update_fields=["name", "description", "badge", "seats", "trial_days", "welcome"])
    set_benefits(tier=tier, benefits=benefits)
    add_price(tier=tier, amount_minor=amount_minor, interval=interval, now=now)
    return tier


@transaction.atomic
def move_tier(*, tier: Tier, up: bool) -> Tier:
    """Let a tier change places with the next one above (or below) it; at the end of the row nothing happens.

    Refused while somebody has either of them: a higher tier contains the lower, so the order is part of what they pay
    for. Not safe to repeat: each call is a step.
    """
    Creator.objects.select_for_update().get(pk=tier.creator_id)
    tier = Tier.objects.get(pk=tier.pk)
    if tier.archived_at is not None:
        raise TierIsArchived
    others = Tier.objects.not_archived().filter(creator=tier.creator_id)
    beside = (
        others.filter(rank__gt=tier.rank).order_by("rank")
        if up
        else others.filter(rank__lt=tier.rank).order_by("-rank")
    )
    other = beside.first()
    if other is None:
        return tier
    for one in (tier, other):
        if one.memberships.going_on().exists() or one.grants.filter(revoked_at__isnull=True).exists():
            raise OrderIsPromised(tier=one.name)
    # Two live tiers never stand on one step, not even for a moment: the mover waits above everybody.
    mine, theirs = tier.rank, other.rank
    top = others.aggregate(top=Max("rank"))["top"] + 1
    Tier.objects.filter(pk=tier.pk).update(rank=top)
    Tier.objects.filter(pk=other.pk).update(rank=mine)
    Tier.objects.filter(pk=tier.pk).update(rank=theirs)
    tier.rank = theirs
    return tier


@transaction.atomic
def set_benefits(*, tier: Tier, benefits: Iterable[Benefit]) -> None:
    """Attach exactly these to the tier itself. Safe to repeat."""
    wanted = {benefit.pk: benefit for benefit in benefits}
    tier.tier_benefits.exclude(benefit__in=wanted).delete()
    TierBenefit.objects.bulk_create(
        [TierBenefit(tier=tier, benefit=benefit) for benefit in wanted.values()], ignore_conflicts=True
    )


@transaction.atomic
def ensure_benefit(*, creator: Creator, kind: str, title: str) -> Benefit:
    """The creator's benefit of that kind (for custom ones: of that title). Safe to repeat."""
    if kind == Benefit.Kind.CUSTOM:
        return Benefit.objects.get_or_create(creator=creator, kind=kind, title=title)[0]
    return Benefit.objects.get_or_create(creator=creator, kind=kind, defaults={"title": title})[0]


@transaction.atomic
def add_price(*, tier: Tier, amount_minor: int, now: datetime, interval: str = TierPrice.Interval.MONTH) -> TierPrice:
    """A new version of the price: new members pay it once it is published, members keep theirs.

    Safe to repeat: the same amount as the newest version changes nothing.
    """
    if not LEAST_MINOR <= amount_minor <= MOST_MINOR:
        currency = tier.creator.currency
        raise PriceOutOfRange(least=money_lazy(LEAST_MINOR, currency), most=money_lazy(MOST_MINOR, currency))
    newest = tier.prices.for_all().filter(interval=interval).order_by("-version").select_for_update().first()
    if newest is not None and newest.amount_minor == amount_minor and newest.withdrawn_at is None:
        return newest
    return TierPrice.objects.create(
        tier=tier,
        version=newest.version + 1 if newest else 1,
        amount_minor=amount_minor,
        currency=tier.creator.currency,
        interval=interval,
        effective_at=now,
    )


@transaction.atomic
def withdraw_price(*, tier: Tier, interval: str, now: datetime) -> None:
    """New members are no longer offered that interval; who has it keeps it. Safe to repeat: the first time stays."""
    rows = tier.prices.for_all().filter(interval=interval, withdrawn_at__isnull=True)
    rows.update(withdrawn_at=now)


def set_prices(*, tier: Tier, amounts: Mapping[str, int | None], now: datetime) -> None:
    """What new members pay, by interval; None: not offered any more. Safe to repeat.

    A tier on sale is published with them at once; that asks the provider, so it is no part of the transaction.
    """
    if tier.archived_at is not None:
        raise TierIsArchived
    with transaction.atomic():
        for interval, amount_minor in amounts.items():
            if amount_minor is None:
                withdraw_price(tier=tier, interval=interval, now=now)
            else:
                add_price(tier=tier, amount_minor=amount_minor, interval=interval, now=now)
    if tier.is_on_sale:
        publish_tier(tier=tier, now=now)


@transaction.atomic
def set_leaving(
    *, creator: Creator, pauses: bool, save_offer: str, save_code: str, save_again_months: int
) -> MembershipTerms:
    """Whether members may pause, what is offered to who is about to leave, and when again. Safe to repeat."""
    values = {
        "pauses": pauses,
        "save_offer": save_offer,
        "save_code": save_code.strip().upper(),
        "save_again_months": save_again_months,
    }
    return MembershipTerms.objects.update_or_create(creator=creator, defaults=values)[0]


@transaction.atomic
def own_price(*, price: TierPrice, fan: User, amount_minor: int) -> TierPrice:
    """The price itself, or this fan's own version of it at the larger amount they chose. Safe to repeat."""
    if amount_minor == price.amount_minor:
        return price
    return TierPrice.objects.get_or_create(
        tier=price.tier,
        interval=price.interval,
        fan=fan,
        amount_minor=amount_minor,
        defaults={"version": price.version, "currency": price.currency, "effective_at": price.effective_at},
    )[0]


def send_price(*, price: TierPrice) -> TierPrice:
    """Let the provider know a price. Safe to repeat, under the key `price:{public_id}`."""
    if not price.stripe_price_id:
        with refusing():
            price.stripe_price_id = _make_price(price, price.tier.stripe_product_id)
        TierPrice.objects.filter(pk=price.pk, stripe_price_id="").update(stripe_price_id=price.stripe_price_id)
    return price


def publish_tier(*, tier: Tier, now: datetime) -> Tier:
    """Put a tier on sale, with every price that the provider does not know yet. The creator must be enrolled.

    Safe to repeat, also after a crash half way: product and prices are asked for under fixed keys
    (`product:{tier}`, `price:{price}`), outside any transaction, and recorded when they are there.
    """
    require_enrollment(creator=tier.creator, program=Program.SUBSCRIPTIONS, on=now.date(), now=now)
    if tier.archived_at is not None:
        raise TierIsArchived
    with refusing():
        product_id = tier.stripe_product_id or _make_product(tier)
        made = {price.pk: _make_price(price, product_id) for price in tier.prices.for_all().filter(stripe_price_id="")}
    with transaction.atomic():
        for pk, price_id in made.items():
            TierPrice.objects.filter(pk=pk, stripe_price_id="").update(stripe_price_id=price_id)
        row = Tier.objects.select_for_update().get(pk=tier.pk)
        row.stripe_product_id, row.published_at = product_id, row.published_at or now
        row.save(update_fields=["stripe_product_id", "published_at"])
    return row


@transaction.atomic
def archive_tier(*, tier: Tier, now: datetime) -> Tier:
    """Nobody can join any more; members keep what they have. What it gave moves up to the tier above. Safe to repeat."""
    row = Tier.objects.select_for_update().get(pk=tier.pk)
    if row.archived_at is not None:
        return row
    row.archived_at = now
    row.save(update_fields=["archived_at"])
    # Who was on the way to it stays where they are, and is told.
    coming = PlanChange.objects.pending().filter(price__tier=row, quote__isnull=False).exclude(membership__tier=row)
    for change in coming.select_related("membership__fan", "membership__tier", "membership__creator", "quote", "price"):
        drop_changes(changes=PlanChange.objects.filter(pk=change.pk), reason=PlanChange.Dropped.GONE, now=now)
        tell_dropped(change=change, now=now)
    above = Tier.objects.not_archived().filter(creator=row.creator, rank__gt=row.rank).order_by("rank").first()
    if above is not None:
        moved = [TierBenefit(tier=above, benefit=benefit) for benefit in row.benefits.all()]
        TierBenefit.objects.bulk_create(moved, ignore_conflicts=True)
    return row


@transaction.atomic
def set_grace(*, creator: Creator, days: int) -> MembershipTerms:
    """How long a failed payment leaves the doors open; counts for failures from now on. Safe to repeat."""
    return MembershipTerms.objects.update_or_create(creator=creator, defaults={"grace_days": days})[0]


def _make_product(tier: Tier) -> str:
    with gateway.asking():
        made = gateway.client().v1.products.create(
            {
                "name": f"{tier.creator.display_name}: {tier.name}",
                "metadata": {"tier": tier.public_id, "creator": tier.creator.public_id},
            },
            # The name is part of the key: the same key with another name would be refused.
            {"idempotency_key": f"product:{tier.public_id}:{tier.name}"},
        )
    return made.id


def _make_price(price: TierPrice, product_id: str) -> str:
    unit: Literal["month", "year"] = "month" if price.months % 12 else "year"
    count = price.months if unit == "month" else price.months // 12
    with gateway.asking():
        made = gateway.client().v1.prices.create(
            {
                "product": product_id,
                "currency": price.currency,
                "unit_amount": price.amount_minor,
                "recurring": {"interval": unit, "interval_count": count},
                "metadata": {"price": price.public_id},
            },
            {"idempotency_key": f"price:{price.public_id}"},
        )
    return made.id
