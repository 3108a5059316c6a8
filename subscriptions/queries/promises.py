"""Promises that can be counted: what was promised for a month, what happened, and how many days are left."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, F, QuerySet, prefetch_related_objects
from django.db.models.functions import TruncDate

from portal.accounts.models import Creator
from subscriptions.models import Message, Post, PromiseOutcome, Tier, TierPromise

# A chat session: a day (UTC) on which the creator wrote at least so many messages in their own chat that still stand.
MESSAGES_OF_A_SESSION = 5
MONTHS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Tick:
    """Something that counted: on which day; a post by title and public id, a chat session by the creator's messages."""

    day: date
    title: str = ""
    post: str = ""
    messages: int = 0

    @property
    def plain(self) -> dict[str, str | int]:
        return {"day": self.day.isoformat(), "title": self.title, "post": self.post, "messages": self.messages}


@dataclass(frozen=True, slots=True)
class Progress:
    """One promise in one month. While the month goes on: kept, or due with `days_left`; then kept or missed for good."""

    promise: TierPromise
    month: date
    ticks: tuple[Tick, ...]
    outcome: PromiseOutcome | None = None
    days_left: int = 0

    @property
    def state(self) -> str:
        """kept, due or missed."""
        if self.outcome is not None:
            return self.outcome.state
        return "kept" if self.done >= self.promise.a_month else "due"

    @property
    def done(self) -> int:
        return self.outcome.done if self.outcome is not None else len(self.ticks)

    @property
    def missing(self) -> int:
        return max(0, self.promise.a_month - self.done)

    @property
    def shown(self) -> int:
        """For a meter: never more than what was promised."""
        return min(self.done, self.promise.a_month)


@dataclass(frozen=True, slots=True)
class TierBoard:
    """The promises of one tier: this month's, what begins next, and how the last months ended, newest first."""

    tier: Tier
    current: tuple[Progress, ...]
    coming: tuple[TierPromise, ...]
    past: tuple[Progress, ...]

    @property
    def kept(self) -> int:
        return sum(progress.state == "kept" for progress in self.past)


def month_of(moment: datetime) -> date:
    """The first day of a moment's month, in UTC."""
    return moment.astimezone(UTC).date().replace(day=1)


def bounds(month: date) -> tuple[datetime, datetime]:
    """When a month begins and when the next one does, in UTC."""
    following = PromiseOutcome.following(month)
    return datetime.combine(month, time(), UTC), datetime.combine(following, time(), UTC)


def in_force(promises: Iterable[TierPromise], month: date) -> dict[tuple[int, str], TierPromise]:
    """(tier id, kind) → the version that holds in a month; those taken back are not in it."""
    found: dict[tuple[int, str], TierPromise] = {}
    for promise in sorted(promises, key=lambda promise: promise.from_date):
        if promise.from_date <= month:
            found[promise.tier_id, promise.kind] = promise
    return {key: promise for key, promise in found.items() if promise.a_month}


def promise_boards(*, creator: Creator, at: datetime) -> list[TierBoard]:
    """Every live tier of a creator that promises something, lowest first. One query when none does, else four."""
    return boards_of(creators=[creator], at=at).get(creator.pk, [])


def boards_of(*, creators: Collection[Creator], at: datetime) -> dict[int, list[TierBoard]]:
    """Creator id → the boards of their tiers. At most four queries, however many creators and posts there are."""
    rows = TierPromise.objects.filter(tier__creator__in=creators, tier__archived_at__isnull=True)
    promises = list(rows.select_related("tier__creator"))
    if not promises:
        return {}
    month = month_of(at)
    held = in_force(promises, month)
    found = ticks_of(creators={promise.tier.creator for promise in promises}, month=month, until=at)
    left = (bounds(month)[1].date() - at.astimezone(UTC).date()).days - 1
    past: dict[int, list[Progress]] = defaultdict(list)
    for outcome in _outcomes(creators, month):
        past[outcome.tier_id].append(Progress(outcome.promise, outcome.month_date, _frozen(outcome), outcome))
    boards: dict[int, list[TierBoard]] = defaultdict(list)
    for tier in sorted({promise.tier for promise in promises}, key=lambda tier: tier.rank):
        mine = [promise for (tier_id, _kind), promise in sorted(held.items()) if tier_id == tier.pk]
        current = tuple(
            Progress(one, month, counting_for(tier, found[tier.creator_id, one.kind]), days_left=left) for one in mine
        )
        coming = tuple(one for one in promises if one.tier_id == tier.pk and one.from_date > month and one.a_month)
        if current or coming or past[tier.pk]:
            boards[tier.creator_id].append(TierBoard(tier, current, coming, tuple(past[tier.pk])))
    return dict(boards)


def creators_to_close(*, month: date) -> list[Creator]:
    """Whoever had promised something by a month, and may have outcomes to be written."""
    promised = TierPromise.objects.filter(from_date__lte=month).values("tier__creator")
    return list(Creator.objects.filter(pk__in=promised))


def _outcomes(creators: Collection[Creator], month: date) -> QuerySet[PromiseOutcome]:
    first = month
    for _back in range(MONTHS_SHOWN):
        first = (first - timedelta(days=1)).replace(day=1)
    rows = PromiseOutcome.objects.filter(tier__creator__in=creators, month_date__gte=first)
    return rows.select_related("promise").order_by("-month_date", "kind")


def _frozen(outcome: PromiseOutcome) -> tuple[Tick, ...]:
    return tuple(Tick(**{**one, "day": date.fromisoformat(one["day"])}) for one in outcome.counted)


Found = dict[tuple[int, str], list["Countable"]]


def ticks_of(*, creators: Collection[Creator], month: date, until: datetime) -> Found:
    """(creator id, kind) → everything of a month, up to `until`, that can count for a tier. Two queries, and one more
    where posts are for chosen tiers."""
    start, stop = bounds(month)
    found: Found = defaultdict(list)
    _find_posts(found, creators, start, min(stop, until))
    _find_sessions(found, creators, start, min(stop, until))
    return found


@dataclass(frozen=True, slots=True)
class Countable:
    """Something that may count: for members of every tier, or of those whom the post's doors let in."""

    tick: Tick
    every_tier: bool = True
    from_rank: int | None = None
    chosen: frozenset[int] = frozenset()

    def counts_for(self, tier: Tier) -> bool:
        is_high = self.from_rank is not None and tier.rank >= self.from_rank
        return self.every_tier or is_high or tier.pk in self.chosen


def counting_for(tier: Tier, found: Iterable[Countable]) -> tuple[Tick, ...]:
    return tuple(one.tick for one in found if one.counts_for(tier))


def _find_posts(found: Found, creators: Collection[Creator], start: datetime, stop: datetime) -> None:
    """Posts that were published for members, by the doors that stood open at the end; a door for everybody is no door
    for members."""
    rows = Post.objects.filter(creator__in=creators, published_at__gte=start, published_at__lt=stop).with_doors()
    rows = rows.exclude(audience=Post.Audience.PUBLIC).defer("body").order_by("published_at", "pk")
    posts = list(rows)
    prefetch_related_objects([post for post in posts if post.audience == Post.Audience.TIERS], "tiers")
    for post in posts:
        assert post.published_at is not None
        doors = post.doors(stop)
        ranks = [door.tier.rank for door in doors if door.audience == Post.Audience.TIER and door.tier]
        found[post.creator_id, TierPromise.Kind.POSTS].append(
            Countable(
                Tick(post.published_at.astimezone(UTC).date(), post.title, post.public_id),
                every_tier=any(door.audience == Post.Audience.MEMBERS for door in doors),
                from_rank=min(ranks, default=None),
                chosen=frozenset().union(*(door.chosen for door in doors)),
            )
        )


def _find_sessions(found: Found, creators: Collection[Creator], start: datetime, stop: datetime) -> None:
    rows = Message.objects.filter(room__creator__in=creators, author=F("room__creator__user"))
    rows = rows.filter(removed_at__isnull=True, sent_at__gte=start, sent_at__lt=stop).order_by()
    days = rows.annotate(day=TruncDate("sent_at", tzinfo=UTC)).values("room__creator", "day")
    for row in days.annotate(count=Count("pk")).filter(count__gte=MESSAGES_OF_A_SESSION).order_by("day"):
        tick = Tick(row["day"], messages=row["count"])
        found[row["room__creator"], TierPromise.Kind.CHATS].append(Countable(tick))
