"""How long somebody has been a member, and the badge that says so."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from portal.accounts.models import Creator, User
from subscriptions.models import Benefit, Cancellation, Founder, Grant, HiddenBadge, Pause, Shielded, TenureMonth, Tier
from subscriptions.queries.tiers import benefits_of, contained
from subscriptions.tenure import SLACK, Span, next_rung, rung

KIND_OF_GRANT = {
    Grant.Kind.PAID: TenureMonth.Kind.PAID,
    Grant.Kind.GIFTED: TenureMonth.Kind.GIFTED,
    # Trial, grace and what people give without end hold a run together and count nothing.
}


@dataclass(frozen=True, slots=True)
class Tenure:
    """Two numbers: months in all, and months in a row up to now. `streak` is 0 when the run has ended."""

    months: int = 0
    streak: int = 0

    @property
    def rung(self) -> int:
        return rung(self.months)

    @property
    def next_rung(self) -> int:
        return next_rung(self.months)

    @property
    def missing(self) -> int:
        """Months to the next step of the ladder."""
        return self.next_rung - self.months


@dataclass(frozen=True, slots=True)
class Badge:
    """What stands beside a name: the tier's word, the step of the ladder, the founder's number (0: none).

    `rung` is 0 and `founder` 0 where there is nothing, or where the member hides it.
    """

    word: str = ""
    months: int = 0
    streak: int = 0
    rung: int = 0
    founder: int = 0

    def __bool__(self) -> bool:
        return bool(self.word or self.rung or self.founder)

    @property
    def shown(self) -> dict[str, object]:
        """Plain values, for a message that is kept as it was sent."""
        return {"badge": self.word, "months": self.months, "rung": self.rung, "founder": self.founder}


def last_months(rows: QuerySet[TenureMonth], at: datetime) -> QuerySet[TenureMonth]:
    """Of each fan and creator the row that had begun last by `at`: it holds both numbers."""
    newest = TenureMonth.objects.filter(fan=OuterRef("fan"), creator=OuterRef("creator"), from_at__lte=at)
    return rows.filter(from_at=Subquery(newest.order_by("-from_at").values("from_at")[:1]))


def tenures(*, fans: Collection[User], creator: Creator, at: datetime) -> dict[int, Tenure]:
    """User id → tenure with a creator; who never was a member is not in it. One query."""
    rows = last_months(TenureMonth.objects.filter(fan__in=fans, creator=creator), at)
    return {fan: tenure for fan, _creator, tenure in _read(rows, at)}


def tenures_of(*, fan: User, at: datetime) -> dict[int, Tenure]:
    """Creator id → tenure of one fan. One query."""
    rows = last_months(TenureMonth.objects.filter(fan=fan), at)
    return {creator: tenure for _fan, creator, tenure in _read(rows, at)}


def _read(rows: QuerySet[TenureMonth], at: datetime) -> Iterable[tuple[int, int, Tenure]]:
    """(fan, creator, tenure). A run goes on within its last month, while a door is open, and while it pauses."""
    whose = {"fan": OuterRef("fan"), "creator": OuterRef("creator"), "tier__isnull": False}
    pauses = Pause.objects.filter(
        membership__fan=OuterRef("fan"), membership__creator=OuterRef("creator"), starts_at__lte=at, resumes_at__gt=at
    )
    is_held = Exists(Grant.objects.live(at).filter(**whose)) | Exists(pauses.filter(ended_at__isnull=True))
    columns = ("fan", "creator", "tenure", "streak", "until_at", "is_held")
    for fan, creator, months, streak, until, held in rows.annotate(is_held=is_held).values_list(*columns):
        yield fan, creator, Tenure(months, streak if held or until + SLACK >= at else 0)


def tenure_months(*, fans: Collection[User], creator: Creator, at: datetime) -> dict[int, int]:
    """User id → months as a member, in all. One query."""
    return {fan: tenure.months for fan, tenure in tenures(fans=fans, creator=creator, at=at).items()}


def badges(*, fans: Collection[User], creator: Creator, at: datetime) -> dict[int, Badge]:
    """User id → badge of those who have one right now. Five queries, however many fans are asked about.

    Months show where a live grant holds the badge; a founder shows while any door is open, so not while lapsed.
    """
    tiers: dict[int, list[Tier]] = {}
    with_badge: set[int] = set()
    for grant in Grant.objects.live(at).filter(fan__in=fans, creator=creator).select_related("tier", "benefit"):
        tiers.setdefault(grant.fan_id, []).extend([grant.tier] if grant.tier else [])
        if grant.benefit and grant.benefit.kind == Benefit.Kind.BADGE:
            with_badge.add(grant.fan_id)
    if not tiers:
        return {}
    attached = benefits_of(creator)
    known = tenures(fans=fans, creator=creator, at=at)
    seats = dict(Founder.objects.filter(fan__in=fans, creator=creator).values_list("fan", "number"))
    hidden = set(HiddenBadge.objects.filter(fan__in=fans, creator=creator).values_list("fan", "kind"))
    found = {}
    for fan, held in tiers.items():
        kinds = {benefit.kind for tier in held for benefit in contained(tier, attached)}
        shows = (Benefit.Kind.BADGE in kinds or fan in with_badge) and (fan, HiddenBadge.Kind.TENURE) not in hidden
        tenure = known.get(fan, Tenure()) if shows else Tenure()
        top = max(held, key=lambda tier: tier.rank, default=None)
        badge = Badge(
            word=top.badge if shows and top else "",
            months=tenure.months,
            streak=tenure.streak,
            rung=tenure.rung,
            founder=seats.get(fan, 0) if (fan, HiddenBadge.Kind.FOUNDER) not in hidden else 0,
        )
        if badge:
            found[fan] = badge
    return found


def badge_of(*, fan: User, creator: Creator, at: datetime) -> Badge:
    """The badge of one fan; an empty one is false."""
    return badges(fans=[fan], creator=creator, at=at).get(fan.pk, Badge())


@dataclass(frozen=True, slots=True)
class OwnTenure:
    """A member's own view: both numbers, the seat, and what they hide."""

    tenure: Tenure
    founder: int
    hidden: frozenset[str]


def own_tenures(*, fan: User, at: datetime) -> dict[int, OwnTenure]:
    """Creator id → what a fan has there. Three queries."""
    seats = dict(Founder.objects.filter(fan=fan).values_list("creator", "number"))
    hidden: dict[int, set[str]] = {}
    for creator, kind in HiddenBadge.objects.filter(fan=fan).values_list("creator", "kind"):
        hidden.setdefault(creator, set()).add(kind)
    return {
        creator: OwnTenure(tenure, seats.get(creator, 0), frozenset(hidden.get(creator, ())))
        for creator, tenure in tenures_of(fan=fan, at=at).items()
    }


def spans_of(*, fan: User, creator: Creator, horizon: datetime) -> list[Span]:
    """Everything that months are made of: grants of a tier, shields, pauses. `horizon`: where open ends are cut. Three
    queries."""
    rows = Grant.objects.filter(fan=fan, creator=creator, tier__isnull=False).order_by()
    spans = []
    for kind, start, until, revoked, source in rows.values_list("kind", "from_at", "until_at", "revoked_at", "source"):
        stop = min(moment for moment in (until or horizon, revoked) if moment is not None)
        spans.append(Span(KIND_OF_GRANT.get(kind, TenureMonth.Kind.GRACE), start, stop, source))
    for shield in Shielded.objects.filter(fan=fan, creator=creator):
        spans.append(Span(TenureMonth.Kind.RESTORED, shield.from_at, shield.until_at, f"shield:{shield.shield_id}"))
    for pause in Pause.objects.filter(membership__fan=fan, membership__creator=creator):
        stop = min(moment for moment in (pause.resumes_at, pause.ended_at) if moment is not None)
        spans.append(Span(TenureMonth.Kind.PAUSE, pause.starts_at, stop, f"pause:{pause.pk}"))
    return [span for span in spans if span.until_at > span.from_at]


def lapsed_within(*, start: datetime, stop: datetime, creator: Creator | None = None) -> list[Grant]:
    """The last paid grant of everybody whose paid time ran out in a span, who had not asked for that, and whom nothing
    paid or given carried on. One query."""
    counting = Grant.objects.filter(kind__in=KIND_OF_GRANT, tier__isnull=False)
    ended = counting.filter(
        kind=Grant.Kind.PAID, until_at__gte=start, until_at__lte=stop, revoked_at__isnull=True
    ).select_related("fan", "creator")
    if creator is not None:
        ended = ended.filter(creator=creator)
    carried = counting.filter(
        Q(until_at__isnull=True) | Q(until_at__gt=OuterRef("until_at")),
        fan=OuterRef("fan"),
        creator=OuterRef("creator"),
        from_at__lte=OuterRef("until_at") + SLACK,
    )
    wished = Cancellation.objects.filter(
        membership__fan=OuterRef("fan"),
        membership__creator=OuterRef("creator"),
        undone_at__isnull=True,
        ends_at__gte=OuterRef("until_at") - SLACK,
        ends_at__lte=OuterRef("until_at") + SLACK,
    )
    return list(ended.filter(~Exists(carried), ~Exists(wished)).order_by("until_at", "pk"))
