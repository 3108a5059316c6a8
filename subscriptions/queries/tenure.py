"""How long somebody has been a member, and the badge that says so."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet, Subquery, Value

from portal.accounts.models import Creator, User
from portal.kit.prepared import Given, Prepared
from subscriptions.models import Benefit, Cancellation, Founder, Grant, HiddenBadge, Pause, Shielded, TenureMonth, Tier
from subscriptions.queries.tiers import benefits_of, contained
from subscriptions.tenure import LADDER, SLACK, Span, next_rung, rung

KIND_OF_GRANT: dict[str, str] = {
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
    def symbol(self) -> str:
        """The drawing of its step in `static/img/badges.svg`, '' without one. Every year after the third looks alike."""
        return symbol_of(self.rung)

    @property
    def shown(self) -> dict[str, object]:
        """Plain values, for a message that is kept as it was sent."""
        text = " · ".join(part for part in (self.word, str(self.months or "")) if part)
        values = {"word": self.word, "months": self.months, "symbol": self.symbol, "founder": self.founder}
        return {"mark": text, **values}


def symbol_of(step: int) -> str:
    """The drawing of a step of the ladder."""
    return "" if not step else f"rung-{step}" if step <= LADDER[-1] else "rung-years"


def last_months(rows: QuerySet[TenureMonth], at: datetime) -> QuerySet[TenureMonth]:
    """Of each fan and creator the row that had begun last by `at`: it holds both numbers."""
    newest = TenureMonth.objects.filter(fan=OuterRef("fan"), creator=OuterRef("creator"), from_at__lte=at)
    return rows.filter(from_at=Subquery(newest.order_by("-from_at").values("from_at")[:1]))


@dataclass(frozen=True, slots=True)
class OwnTenure:
    """What somebody has with a creator: both numbers, the founder's seat (0: none), and which badges they hide."""

    tenure: Tenure = Tenure()
    founder: int = 0
    hides_tenure: bool = False
    hides_founder: bool = False

    def badge(self, word: str | None) -> Badge:
        """`word` of the tier, None where no live grant holds the badge: then only the founder shows."""
        shows = word is not None and not self.hides_tenure
        return Badge(
            word=(word or "") if shows else "",
            months=self.tenure.months if shows else 0,
            streak=self.tenure.streak if shows else 0,
            rung=self.tenure.rung if shows else 0,
            founder=0 if self.hides_founder else self.founder,
        )


def _read(rows: QuerySet[TenureMonth], at: datetime) -> Iterable[tuple[int, int, OwnTenure]]:
    """(fan, creator, what they have). One query.

    A run goes on within its last month, while a door is open, and while it pauses.
    """
    whose = {"fan": OuterRef("fan"), "creator": OuterRef("creator")}
    pauses = Pause.objects.filter(
        membership__fan=OuterRef("fan"), membership__creator=OuterRef("creator"), starts_at__lte=at, resumes_at__gt=at
    )
    hidden = HiddenBadge.objects.filter(**whose)
    columns = {
        "is_held": Exists(Grant.objects.live(at).filter(tier__isnull=False, **whose))
        | Exists(pauses.filter(ended_at__isnull=True)),
        "seat": Subquery(Founder.objects.filter(**whose).values("number")[:1]),
        "hides_tenure": Exists(hidden.filter(kind=HiddenBadge.Kind.TENURE)),
        "hides_founder": Exists(hidden.filter(kind=HiddenBadge.Kind.FOUNDER)),
    }
    for row in rows.annotate(**columns).values("fan", "creator", "tenure", "streak", "until_at", *columns):
        goes_on = row["is_held"] or row["until_at"] + SLACK >= at
        tenure = Tenure(row["tenure"], row["streak"] if goes_on else 0)
        yield row["fan"], row["creator"], OwnTenure(tenure, row["seat"] or 0, row["hides_tenure"], row["hides_founder"])


def tenures(*, fans: Collection[User], creator: Creator, at: datetime) -> dict[int, OwnTenure]:
    """User id → what they have with a creator; who never was a member is not in it. One query."""
    rows = last_months(TenureMonth.objects.filter(fan__in=fans, creator=creator), at)
    return {fan: own for fan, _creator, own in _read(rows, at)}


def tenures_of(*, fan: User, at: datetime) -> dict[int, OwnTenure]:
    """Creator id → what one fan has there. One query."""
    rows = last_months(TenureMonth.objects.filter(fan=fan), at)
    return {creator: own for _fan, creator, own in _read(rows, at)}


def tenure_months(*, fans: Collection[User], creator: Creator, at: datetime) -> dict[int, int]:
    """User id → months as a member, in all. One query."""
    return {fan: own.tenure.months for fan, own in tenures(fans=fans, creator=creator, at=at).items()}


def badge_with(*, word: str | None, fan: User, creator: Creator, at: datetime) -> Badge:
    """The badge of somebody whose live grants are known: `word` as `OwnTenure.badge` takes it. One query; an empty badge
    is false."""
    return tenures(fans=[fan], creator=creator, at=at).get(fan.pk, OwnTenure()).badge(word)


def badges(*, fans: Collection[User], creator: Creator, at: datetime) -> dict[int, Badge]:
    """User id → badge of those who have one right now. Three queries, however many fans are asked about.

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
    found = {}
    for fan, held in tiers.items():
        kinds = {benefit.kind for tier in held for benefit in contained(tier, attached)}
        top = max(held, key=lambda tier: tier.rank, default=None)
        word = (top.badge if top else "") if Benefit.Kind.BADGE in kinds or fan in with_badge else None
        badge = known.get(fan, OwnTenure()).badge(word)
        if badge:
            found[fan] = badge
    return found


def badge_of(*, fan: User, creator: Creator, at: datetime) -> Badge:
    """The badge of one fan; an empty one is false. Three queries."""
    return badges(fans=[fan], creator=creator, at=at).get(fan.pk, Badge())


@dataclass(frozen=True, slots=True)
class BadgePage:
    """One creator's badge as its member sees it: the numbers, every month with its source, and the ladder."""

    creator: Creator
    own: OwnTenure
    rows: list[TenureMonth]
    badge: Badge

    @property
    def next_symbol(self) -> str:
        return symbol_of(self.own.tenure.next_rung)


def badge_pages(*, fan: User, at: datetime) -> list[BadgePage]:
    """Every creator a fan has months with, the longest first. Two queries.

    The badge is drawn as if a door were open: whether it shows today is for the pages of the creator.
    """
    months: dict[Creator, list[TenureMonth]] = {}
    rows = TenureMonth.objects.filter(fan=fan, from_at__lte=at).select_related("creator").order_by("-from_at")
    for row in rows:
        months.setdefault(row.creator, []).append(row)
    own = tenures_of(fan=fan, at=at)
    found = [BadgePage(creator, own[creator.pk], rows, own[creator.pk].badge("")) for creator, rows in months.items()]
    return sorted(found, key=lambda one: -one.own.tenure.months)


def _all_of() -> QuerySet[Any, Any]:
    """What months are made of, and the months that were made: one question, as the months follow each payment."""
    whose = {"fan": Given("fan"), "creator": Given("creator")}
    nothing, zero = Value(None, DateTimeField()), Value(0)
    grants = Grant.objects.filter(tier__isnull=False, **whose).order_by()
    shields = Shielded.objects.filter(**whose).order_by()
    pauses = Pause.objects.filter(membership__fan=Given("fan"), membership__creator=Given("creator")).order_by()
    months = TenureMonth.objects.filter(**whose).order_by()
    return grants.values_list(
        Value("grant"), "pk", "kind", "from_at", "until_at", "revoked_at", "source", zero, zero
    ).union(
        shields.values_list(
            Value("shield"), "shield", Value("restored"), "from_at", "until_at", nothing, Value(""), zero, zero
        ),
        pauses.values_list(
            Value("pause"), "pk", Value("pause"), "starts_at", "resumes_at", "ended_at", Value(""), zero, zero
        ),
        months.values_list(Value("month"), "pk", "kind", "from_at", "until_at", nothing, "source", "tenure", "streak"),
        all=True,
    )


ALL_OF = Prepared(_all_of)


def spans_and_months(*, fan: User, creator: Creator, horizon: datetime) -> tuple[list[Span], list[TenureMonth]]:
    """Everything that months are made of (grants of a tier, shields, pauses), and the rows there are. `horizon`: where
    open ends are cut. One query."""
    spans, months = [], []
    for what, pk, kind, start, until, ended, source, tenure, streak in ALL_OF.rows(fan=fan.pk, creator=creator.pk):
        if what == "month":
            whose = {"id": pk, "fan_id": fan.pk, "creator_id": creator.pk}
            months.append(
                TenureMonth(
                    **whose, kind=kind, from_at=start, until_at=until, tenure=tenure, streak=streak, source=source
                )
            )
            continue
        stop = min(moment for moment in (until or horizon, ended) if moment is not None)
        known = KIND_OF_GRANT.get(kind, TenureMonth.Kind.GRACE) if what == "grant" else kind
        spans.append(Span(known, start, stop, source or f"{what}:{pk}"))
    return [span for span in spans if span.until_at > span.from_at], months


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
