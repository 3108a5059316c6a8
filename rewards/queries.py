"""Questions about rewards: from all views to the paid ones, and what a month is worth so far."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from string import Template

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from portal.accounts.models import Creator
from rewards.models import Clip, DailyRating, MonthStatement, RateCard, StatementLine
from rewards.rating import rules
from rewards.rating.card import Card
from rewards.rating.pay import Day, Part, Pay, pay

# How a card says how long a clip has to be; see rating/card.py.
CLIP_WORDS = (gettext_noop("at least"), gettext_noop("longer than"))


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One rule of the funnel: its sentence, how many views failed it, how many were left after it."""

    number: int
    reason: str
    sentence: str
    failed: int
    left: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """From all views to paid views. `views` = `qualified` + the failed of all steps, or it is not shown."""

    views: int
    steps: tuple[FunnelStep, ...]
    qualified: int
    waiting: int
    waiting_sentence: str
    cards: tuple[str, ...]

    @property
    def paid_views(self) -> int:
        return self.qualified - self.waiting

    @property
    def failing(self) -> tuple[FunnelStep, ...]:
        return tuple(step for step in self.steps if step.failed)


class FunnelDoesNotAddUp(AssertionError):
    """The reasons and the qualified views are not all views: a number that is not shown to anybody."""


@dataclass(frozen=True, slots=True)
class ClipMonth:
    """One clip in one month: its funnel's counts and what it earns, estimated while the month runs."""

    clip: Clip
    views: int
    qualified: int
    reasons: Mapping[str, int]
    earned: Pay
    cards: tuple[str, ...]

    @property
    def parts(self) -> Sequence[Part]:
        return self.earned.parts


@dataclass(frozen=True, slots=True)
class Month:
    """All clips of a creator in one month, and the card of its last rated day."""

    month: date
    clips: tuple[ClipMonth, ...]
    card: Card

    @property
    def amount_minor(self) -> int:
        return sum(clip.earned.amount_minor for clip in self.clips)

    @property
    def currency(self) -> str:
        return self.card.currency

    def funnel(self) -> Funnel:
        """All clips together."""
        reasons: dict[str, int] = defaultdict(int)
        for clip in self.clips:
            for reason, views in clip.reasons.items():
                reasons[reason] += views
        return funnel(
            self.card,
            views=sum(clip.views for clip in self.clips),
            qualified=sum(clip.qualified for clip in self.clips),
            waiting=sum(clip.earned.waiting for clip in self.clips),
            reasons=reasons,
            cards=sorted({card for clip in self.clips for card in clip.cards}),
        )


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def card_in_force(on: date) -> Card:
    """The numbers in force on a day; before the first card those of the first, without any the starting values."""
    row = RateCard.objects.in_force(on).first() or RateCard.objects.published().order_by("valid_from").first()
    return row.card() if row else Card()


def month_of(*, creator: Creator, month: date, clip: Clip | None = None) -> Month:
    """A creator's month from the rated days: the estimate while it runs. Two queries for any number of clips."""
    month = month.replace(day=1)
    mine = DailyRating.objects.filter(clip=clip) if clip else DailyRating.objects.filter(clip__creator=creator)
    in_month = mine.filter(day__gte=month, day__lt=next_month(month))
    rows = list(in_month.select_related("card", "clip").order_by("clip", "day"))
    by_clip: dict[Clip, list[DailyRating]] = defaultdict(list)
    for row in rows:
        by_clip[row.clip].append(row)
    earlier = mine.filter(day__lt=month).values_list("clip").annotate(total=Sum("qualified"))
    before = dict(earlier.values_list("clip", "total"))
    clips = [_clip_month(clip, days, before.get(clip.pk, 0)) for clip, days in by_clip.items()]
    clips.sort(key=lambda each: (-each.earned.amount_minor, -each.qualified, -each.views, each.clip.pk))
    card = max(rows, key=lambda row: row.day).card.card() if rows else card_in_force(month)
    return Month(month, tuple(clips), card)


def _clip_month(clip: Clip, rows: Sequence[DailyRating], before: int) -> ClipMonth:
    cards = {row.card_id: row.card.card() for row in rows}
    reasons: dict[str, int] = defaultdict(int)
    for row in rows:
        for reason, views in row.reasons.items():
            reasons[reason] += views
    days = [Day(row.day, cards[row.card_id], row.regions, row.finish) for row in rows]
    return ClipMonth(
        clip=clip,
        views=sum(row.views for row in rows),
        qualified=sum(row.qualified for row in rows),
        reasons=dict(reasons),
        earned=pay(days, qualified_before=before),
        cards=tuple(sorted({card.version for card in cards.values()})),
    )


def why(*, clip: Clip, day: date | None = None, month: date | None = None) -> Funnel:
    """Why did these views not count? The funnel of a clip on one day, or in one month, with each rule's sentence."""
    if day is None:
        if month is None:
            raise ValueError("Ask about a day or about a month.")
        return month_of(creator=clip.creator, month=month, clip=clip).funnel()
    row = DailyRating.objects.filter(clip=clip, day=day).select_related("card").first()
    if row is None:
        return funnel(card_in_force(day), views=0, qualified=0, waiting=0, reasons={}, cards=[])
    before = DailyRating.objects.filter(clip=clip, day__lt=day).aggregate(total=Sum("qualified"))["total"] or 0
    card = row.card.card()
    waiting = min(row.qualified, max(0, card.views_before_paying - before))
    return funnel(
        card, views=row.views, qualified=row.qualified, waiting=waiting, reasons=row.reasons, cards=[card.version]
    )


def funnel(
    card: Card, *, views: int, qualified: int, waiting: int, reasons: Mapping[str, int], cards: Iterable[str]
) -> Funnel:
    """The steps in the order of the rules. Raises FunnelDoesNotAddUp rather than show a wrong number."""
    left = views
    steps = []
    for rule in rules.rules():
        failed = reasons.get(rule.reason, 0)
        left -= failed
        steps.append(FunnelStep(rule.number, rule.reason, sentence(rule, card), failed, left))
    if left != qualified or set(reasons) - set(rules.reasons()):
        raise FunnelDoesNotAddUp(f"{views} views, {qualified} qualified, {left} left after all rules: {dict(reasons)}")
    first = ngettext(
        "The first %(count)s qualified view of a clip is not paid.",
        "The first %(count)s qualified views of a clip are not paid.",
        card.views_before_paying,
    ) % {"count": card.seconds["before_paying"]}
    return Funnel(views, tuple(steps), qualified, waiting, first, tuple(cards))


def sentence(rule: rules.Rule | rules.Step, card: Card) -> str:
    """The rule's own opening sentence, in the reader's language where there is a translation, with the card's numbers."""
    numbers = card.seconds
    # The card knows no languages: its one word is looked up here.
    words = numbers["clip_words"]
    return Template(_(rule.text)).substitute(numbers | {"clip_words": _(words)})


def months_with_views(creator: Creator) -> list[date]:
    """First days of the months in which the creator's clips were rated, newest first. One query."""
    return list(DailyRating.objects.filter(clip__creator=creator).dates("day", "month", order="DESC"))


def statements_of(creator: Creator) -> list[MonthStatement]:
    return list(MonthStatement.objects.filter(creator=creator).order_by("-month"))


def months_of(clip: Clip) -> list[date]:
    return list(DailyRating.objects.filter(clip=clip).dates("day", "month", order="DESC"))


def days_of(clip: Clip, month: date) -> list[DailyRating]:
    """A clip's rated days of a month, in order, each with its card."""
    rows = DailyRating.objects.filter(clip=clip, day__gte=month, day__lt=next_month(month))
    return list(rows.select_related("card").order_by("day"))


def line_of(clip: Clip, month: date) -> StatementLine | None:
    return StatementLine.objects.filter(clip=clip, statement__month=month).select_related("statement").first()


def statement_funnel(lines: Sequence[StatementLine], card: Card) -> Funnel:
    """The frozen funnel of all lines of a statement together."""
    reasons: dict[str, int] = defaultdict(int)
    for line in lines:
        for reason, views in line.reasons.items():
            reasons[reason] += views
    qualified = sum(line.qualified for line in lines)
    return funnel(
        card,
        views=sum(line.views for line in lines),
        qualified=qualified,
        waiting=qualified - sum(line.paid_views for line in lines),
        reasons=reasons,
        cards=sorted({part["card"] for line in lines for part in line.parts}) or [card.version],
    )


def card_of_month(month: date) -> RateCard | None:
    """The card of a month's last day: its final day holds for the month."""
    return RateCard.objects.in_force(next_month(month) - timedelta(days=1)).first()
