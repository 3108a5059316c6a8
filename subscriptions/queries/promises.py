"""Promises that can be counted: what was promised for a month, what happened, and how many days are left."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from portal.accounts.models import Creator
from subscriptions.models import Message, Post, PromiseOutcome, Tier, TierPromise

# A chat session: a day (UTC) on which the creator wrote at least so many messages in their own chat that still stand.
MESSAGES_OF_A_SESSION = 5


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


def promise_boards(*, creator: Creator, at: datetime, months: int = 6) -> list[TierBoard]:
    """Every live tier of a creator that promises something, lowest first. Four queries, however much was written."""
    rows = TierPromise.objects.filter(tier__creator=creator, tier__archived_at__isnull=True)
    promises = list(rows.select_related("tier"))
    if not promises:
        return []
    month = month_of(at)
    now = in_force(promises, month)
    ticks = ticks_of(creator=creator, month=month, until=at)
    left = (bounds(month)[1].date() - at.astimezone(UTC).date()).days - 1
    past: dict[int, list[Progress]] = defaultdict(list)
    for outcome in _outcomes(creator, month, months):
        past[outcome.tier_id].append(Progress(outcome.promise, outcome.month_date, _frozen(outcome), outcome))
    boards = []
    for tier in sorted({promise.tier for promise in promises}, key=lambda tier: tier.rank):
        tier.creator = creator
        mine = [promise for (tier_id, _kind), promise in sorted(now.items()) if tier_id == tier.pk]
        current = tuple(Progress(one, month, counting_for(tier, ticks[one.kind]), days_left=left) for one in mine)
        coming = tuple(one for one in promises if one.tier_id == tier.pk and one.from_date > month)
        boards.append(TierBoard(tier, current, coming, tuple(past[tier.pk])))
    return [board for board in boards if board.current or board.coming or board.past]


def creators_to_close(*, month: date) -> list[Creator]:
    """Whoever had promised something by a month, and may have outcomes to be written."""
    promised = TierPromise.objects.filter(from_date__lte=month).values("tier__creator")
    return list(Creator.objects.filter(pk__in=promised))


def _outcomes(creator: Creator, month: date, months: int) -> QuerySet[PromiseOutcome]:
    first = month
    for _back in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    rows = PromiseOutcome.objects.filter(tier__creator=creator, month_date__gte=first)
    return rows.select_related("promise__tier").order_by("-month_date", "kind")


def _frozen(outcome: PromiseOutcome) -> tuple[Tick, ...]:
    return tuple(Tick(**{**one, "day": date.fromisoformat(one["day"])}) for one in outcome.counted)


def ticks_of(*, creator: Creator, month: date, until: datetime) -> dict[str, list["Countable"]]:
    """Kind → everything of a creator's month, up to `until`, that can count for a tier. Two queries, and one more where
    posts are for chosen tiers."""
    start, stop = bounds(month)
    stop = min(stop, until)
    return {
        TierPromise.Kind.POSTS: _posts(creator, start, stop),
        TierPromise.Kind.CHATS: _sessions(creator, start, stop),
    }


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


def _posts(creator: Creator, start: datetime, stop: datetime) -> list[Countable]:
    """Posts that were published for members, by the doors that stood open at the end; a door for everybody is no door
    for members."""
    rows = Post.objects.filter(creator=creator, published_at__gte=start, published_at__lt=stop).with_doors()
    rows = rows.exclude(audience=Post.Audience.PUBLIC).defer("body").order_by("published_at", "pk")
    found = []
    for post in rows:
        assert post.published_at is not None
        doors = post.doors(stop)
        ranks = [door.tier.rank for door in doors if door.audience == Post.Audience.TIER and door.tier]
        found.append(
            Countable(
                Tick(post.published_at.astimezone(UTC).date(), post.title, post.public_id),
                every_tier=any(door.audience == Post.Audience.MEMBERS for door in doors),
                from_rank=min(ranks, default=None),
                chosen=frozenset().union(*(door.chosen for door in doors)),
            )
        )
    return found


def _sessions(creator: Creator, start: datetime, stop: datetime) -> list[Countable]:
    rows = Message.objects.filter(room__creator=creator, author=creator.user_id, removed_at__isnull=True)
    days = rows.filter(sent_at__gte=start, sent_at__lt=stop).annotate(day=TruncDate("sent_at", tzinfo=UTC)).order_by()
    counted = days.values("day").annotate(count=Count("pk")).filter(count__gte=MESSAGES_OF_A_SESSION).order_by("day")
    return [Countable(Tick(row["day"], messages=row["count"])) for row in counted]
