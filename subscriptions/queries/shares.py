"""What a creator's share rests on: the numbers of last month held against the conditions, and what a change would do."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.utils.functional import Promise

from portal.accounts.models import AudienceCount, Creator
from portal.kit.money import share_bp
from subscriptions.models import Invoice, Post, RevenueShare, ShareCondition, ShareDecision
from subscriptions.queries.revenue import first_of, month_span, months_back
from subscriptions.queries.tiers import share_in_force

Kind = ShareCondition.Kind


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is known of a creator at the end of a month. Nothing counted in that month: no views."""

    followers: int = 0
    views: int = 0
    member_posts: int = 0
    measured_at: datetime | None = None

    def of(self, kind: str) -> int:
        return {Kind.FOLLOWERS: self.followers, Kind.VIEWS: self.views, Kind.MEMBER_POSTS: self.member_posts}[
            Kind(kind)
        ]


@dataclass(frozen=True, slots=True)
class Held:
    """One condition held against the creator's own number."""

    kind: str
    at_least: int
    actual: int

    @property
    def label(self) -> str | Promise:
        return Kind(self.kind).label

    @property
    def met(self) -> bool:
        return self.actual >= self.at_least

    @property
    def gap(self) -> int:
        return max(0, self.at_least - self.actual)

    @property
    def shown(self) -> int:
        return min(self.actual, self.at_least)


@dataclass(frozen=True, slots=True)
class Way:
    """Conditions that hold together; any one way brings the bonus."""

    number: int
    conditions: tuple[Held, ...]

    @property
    def met(self) -> bool:
        return all(condition.met for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Judgment:
    """What a share says for some numbers. `platform_bp` is what the platform keeps."""

    platform_bp: int
    has_bonus: bool
    ways: tuple[Way, ...]

    def inputs(self, numbers: Numbers) -> dict[str, object]:
        """To be kept with a decision: the numbers, when they were counted, and the conditions they were held against."""
        return {
            "followers": numbers.followers,
            "views": numbers.views,
            "member_posts": numbers.member_posts,
            "measured_at": numbers.measured_at.isoformat() if numbers.measured_at else None,
            "ways": [
                [{"kind": held.kind, "at_least": held.at_least, "actual": held.actual} for held in way.conditions]
                for way in self.ways
            ],
        }


Line = tuple[int, str, int]  # way, kind, at least


def judge(*, platform_bp: int, bonus_bp: int, lines: Iterable[Line], numbers: Numbers) -> Judgment:
    """Hold the numbers against the conditions. A bonus without conditions is for everybody."""
    grouped: dict[int, list[Held]] = defaultdict(list)
    for way, kind, at_least in lines:
        grouped[way].append(Held(kind, at_least, numbers.of(kind)))
    ways = tuple(Way(number, tuple(held)) for number, held in sorted(grouped.items()))
    has_bonus = bonus_bp > 0 and (not ways or any(way.met for way in ways))
    return Judgment(platform_bp - (bonus_bp if has_bonus else 0), has_bonus, ways)


def lines_of(share: RevenueShare) -> list[Line]:
    return list(share.conditions.order_by("way", "pk").values_list("way", "kind", "at_least"))


def numbers_of(creators: QuerySet[Creator], *, month: date) -> dict[int, Numbers]:
    """Creator id → what counts for `month`: the numbers of the calendar month before it (UTC). Three queries."""
    since, until = month_span(months_back(month, 1))
    newest = AudienceCount.objects.filter(creator=OuterRef("pk"), measured_at__lt=until).order_by("-measured_at", "-pk")
    ids = dict(creators.annotate(count_id=Subquery(newest.values("pk")[:1])).values_list("pk", "count_id"))
    counts = AudienceCount.objects.in_bulk([pk for pk in ids.values() if pk])
    written = dict(
        Post.objects.filter(creator__in=creators, published_at__gte=since, published_at__lt=until)
        .exclude(audience=Post.Audience.PUBLIC)
        .order_by()
        .values_list("creator")
        .annotate(Count("pk"))
    )
    found = {}
    for pk, count_id in ids.items():
        count = counts.get(count_id) if count_id else None
        views = count.views_30d if count and count.measured_at >= since else 0
        found[pk] = Numbers(
            count.followers if count else 0, views, written.get(pk, 0), count.measured_at if count else None
        )
    return found


def judgment_of(*, share: RevenueShare, creator: Creator, month: date) -> tuple[Judgment, Numbers]:
    """What the share would say for that creator and month, from what is known now."""
    numbers = numbers_of(Creator.objects.filter(pk=creator.pk), month=month)[creator.pk]
    told = judge(platform_bp=share.platform_bp, bonus_bp=share.bonus_bp, lines=lines_of(share), numbers=numbers)
    return told, numbers


@dataclass(frozen=True, slots=True)
class ShareView:
    """What a creator reads: the share in force, what was decided for this month, and how the next one looks so far."""

    share: RevenueShare
    month: date
    decision: ShareDecision | None
    now: Judgment
    following: Judgment
    following_month: date

    @property
    def creator_bp(self) -> int:
        return 10_000 - (self.decision.platform_bp if self.decision else self.now.platform_bp)

    @property
    def following_bp(self) -> int:
        return 10_000 - self.following.platform_bp


def share_view(*, creator: Creator, now: datetime) -> ShareView:
    """This month as decided (or as it would be), and the next from the running month's numbers up to now."""
    share, month = share_in_force(creator=creator, at=now), first_of(now)
    after = months_back(month, -1)
    decision = ShareDecision.objects.filter(creator=creator, share=share, month_date=month).first()
    return ShareView(
        share,
        month,
        decision,
        judgment_of(share=share, creator=creator, month=month)[0],
        judgment_of(share=share, creator=creator, month=after)[0],
        after,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """What another share would have done to one creator's payments of last month. Basis points are the platform's."""

    creator: Creator
    kept_minor: int
    currency: str
    before_bp: int
    after_bp: int
    has_bonus: bool

    @property
    def delta_minor(self) -> int:
        """What the creator would have more (or less, below zero)."""
        return share_bp(self.kept_minor, self.before_bp) - share_bp(self.kept_minor, self.after_bp)


@dataclass(frozen=True, slots=True)
class DryRun:
    """`month`: the payments that were looked at. `totals`: currency → what all creators would have more."""

    month: date
    changes: list[Change] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)


def dry_run(*, platform_bp: int, bonus_bp: int, lines: Sequence[Line], now: datetime) -> DryRun:
    """What a share for all would have done to last month's payments. Creators with an agreement of their own are left
    out: it goes before the rule for all. Four queries.
    """
    month = months_back(first_of(now), 1)
    since, until = month_span(month)
    paid = Invoice.objects.filter(status=Invoice.Status.PAID, paid_at__gte=since, paid_at__lt=until)
    own = RevenueShare.objects.filter(creator__isnull=False, effective_date__lte=month).values("creator")
    groups = (
        paid.exclude(membership__creator__in=own)
        .order_by()
        .values_list("membership__creator", "currency", "share__platform_bp", "share_decision__platform_bp")
        .annotate(gross=Sum("gross_minor"))
    )
    rows = list(groups)
    concerned = Creator.objects.filter(pk__in={row[0] for row in rows})
    numbers, creators = numbers_of(concerned, month=month), concerned.in_bulk()
    changes: list[Change] = []
    totals: dict[str, int] = defaultdict(int)
    for pk, currency, base_bp, decided_bp, gross in rows:
        told = judge(platform_bp=platform_bp, bonus_bp=bonus_bp, lines=lines, numbers=numbers[pk])
        before = base_bp if decided_bp is None else decided_bp
        change = Change(creators[pk], gross, currency, before, told.platform_bp, told.has_bonus)
        changes.append(change)
        totals[currency] += change.delta_minor
    changes.sort(key=lambda change: change.delta_minor)
    return DryRun(month, changes, dict(totals))


def shares_for_all() -> QuerySet[RevenueShare]:
    return RevenueShare.objects.filter(creator__isnull=True).prefetch_related("conditions").order_by("-version")
