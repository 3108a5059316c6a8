"""Gift pools: made with their rules and a commitment, changed while nobody has paid, called off before the draw."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from portal.accounts.models import Creator, User
from portal.kit.public_ids import public_id
from portal.kit.refusal import Refusal
from portal.kit.signing import derived_secret
from portal.kit.words import gettext_lazy as _
from portal.programs.models import Program
from portal.programs.queries import require_enrollment
from subscriptions.draw import commitment_of
from subscriptions.models import GiftPool, PoolRules, Tier
from subscriptions.queries.gifts import gift_price
from subscriptions.queries.places import require_no_season
from subscriptions.queries.pools import are_fixed, list_key

Who, Way = PoolRules.Who, PoolRules.Way


class NotYourPool(Refusal):
    sentence = _("Only the creator who made this pool can do this.")
    status = 403


class RulesAreFixed(Refusal):
    sentence = _("Somebody has paid for a seat, or entered, under these rules. They stay as they are.")


class ChangeNeedsWords(Refusal):
    sentence = _("Say in a few words what changed; it stands beside the rules.")
    field = "what_changed"


class PoolTimesAreOff(Refusal):
    sentence = _(
        "Entries close after they open, within 60 days from now; the draw is an hour after that or later, within a week."
    )
    field = "closes_on"


class ListIsEmpty(Refusal):
    sentence = _("Name at least one person: an email address or a handle a line.")
    field = "listed"


class PoolIsDrawn(Refusal):
    sentence = _("Entries have closed. What was paid for goes out by the rules now, or back.")


class ReasonIsNeeded(Refusal):
    sentence = _("Say why; those who paid and those who entered can read it.")
    field = "reason"


@dataclass(frozen=True, slots=True)
class Wish:
    """The rules that a creator wants. `listed`: email addresses and handles, for a pool of people on a list."""

    who: str
    way: str
    opens_at: datetime
    closes_at: datetime
    draws_at: datetime
    claim_days: int = 7
    rounds: int = 2
    spoke_days: int = 30
    listed: tuple[str, ...] = ()


@transaction.atomic
def open_pool(
    *, creator: Creator, tier: Tier, months: int, name: str, wish: Wish, now: datetime, words: str = "", key: str = ""
) -> GiftPool:
    """Publish a pool: its rules, and the commitment to a seed that stays secret until the draw. Safe to repeat with
    the same `key`.
    """
    require_enrollment(creator=creator, program=Program.SUBSCRIPTIONS, on=now.date(), now=now)
    if tier.creator_id != creator.pk:
        raise NotYourPool
    require_no_season(tier=tier)
    gift_price(tier=tier, months=months, at=now)
    named = key or public_id()
    if (known := GiftPool.objects.filter(public_id=named, creator=creator).first()) is not None:
        return known
    pool = GiftPool.objects.create(
        public_id=named,
        creator=creator,
        tier=tier,
        months=months,
        name=name.strip(),
        words=words.strip(),
        commitment=commitment_of(_seed(named)),
        made_at=now,
    )
    _write_rules(pool, wish, version=1, what_changed="", now=now)
    return pool


@transaction.atomic
def change_rules(*, pool: GiftPool, by: User, wish: Wish, what_changed: str, now: datetime) -> PoolRules:
    """A new version of the rules that says what changed. Refused once somebody pays for a seat or has entered.

    Safe to repeat: the same wish as the version in force changes nothing.
    """
    row = locked_pool(pool)
    require_owner(pool=row, by=by)
    current = row.rules
    if all(getattr(current, name) == value for name, value in _columns(row, wish).items()):
        return current
    if are_fixed(pool=row):
        raise RulesAreFixed
    if row.frozen_at is not None or row.called_off_at is not None:
        raise PoolIsDrawn
    if not what_changed.strip():
        raise ChangeNeedsWords
    return _write_rules(row, wish, version=current.version + 1, what_changed=what_changed.strip(), now=now)


def _write_rules(pool: GiftPool, wish: Wish, *, version: int, what_changed: str, now: datetime) -> PoolRules:
    _require_times(wish, now)
    if wish.who == Who.LISTED and not wish.listed:
        raise ListIsEmpty
    columns = _columns(pool, wish)
    return PoolRules.objects.create(pool=pool, version=version, what_changed=what_changed, made_at=now, **columns)


def _columns(pool: GiftPool, wish: Wish) -> dict[str, object]:
    return {
        "who": wish.who,
        "way": wish.way,
        "opens_at": wish.opens_at,
        "closes_at": wish.closes_at,
        "draws_at": wish.draws_at,
        "claim_days": wish.claim_days,
        "rounds": wish.rounds,
        "spoke_days": wish.spoke_days,
        "listed": sorted({list_key(pool, name) for name in _named(wish.listed)}) if wish.who == Who.LISTED else [],
    }


def _named(lines: Iterable[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def _require_times(wish: Wish, now: datetime) -> None:
    gap = wish.draws_at - wish.closes_at
    is_near = max(wish.opens_at, now) < wish.closes_at <= now + PoolRules.LONGEST
    if not is_near or not PoolRules.FROZEN_FOR <= gap <= timedelta(days=7):
        raise PoolTimesAreOff


@transaction.atomic
def call_off_pool(*, pool: GiftPool, by: User, reason: str, now: datetime) -> GiftPool:
    """It does not happen: every seat goes back to who paid for it, by the next sweep. Safe to repeat: the first stays.

    Refused once entries have closed. Staff may until the draw was held: when it cannot be, say.
    """
    row = locked_pool(pool)
    if not by.is_staff:
        require_owner(pool=row, by=by)
    if row.called_off_at is not None:
        return row
    if row.drawn_at is not None or (now >= row.rules.closes_at and not by.is_staff):
        raise PoolIsDrawn
    if not reason.strip():
        raise ReasonIsNeeded
    row.called_off_at, row.called_off_reason = now, reason.strip()[:200]
    row.save(update_fields=["called_off_at", "called_off_reason"])
    return row


def locked_pool(pool: GiftPool) -> GiftPool:
    """Its row, locked. Every deed of a pool waits here; who needs its purchase locks that first."""
    rows = GiftPool.objects.select_for_update(of=("self",)).select_related("creator__user", "tier")
    return rows.get(pk=pool.pk)


def require_owner(*, pool: GiftPool, by: User) -> None:
    if pool.creator.user_id != by.pk:
        raise NotYourPool


class SeedIsLost(Exception):
    """No secret of this portal makes the seed that was committed to."""


def _seed(named: str, master: str | None = None) -> str:
    """Derived, so that no table and no backup holds it before it is published."""
    return derived_secret("pool", named, master).removeprefix("pool_")


def seed_of(pool: GiftPool) -> str:
    """The seed that the pool was committed to; also under the portal's former secrets. Raises SeedIsLost."""
    for master in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        seed = _seed(pool.public_id, master)
        if commitment_of(seed) == pool.commitment:
            return seed
    raise SeedIsLost(f"pool {pool.public_id}")
