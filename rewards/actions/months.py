"""A month is closed, becomes final, and can be computed again by anybody who doubts it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Sum
from django.urls import reverse

from portal.accounts.models import Creator
from portal.kit.refusal import Refusal
from portal.kit.words import day_lazy
from portal.kit.words import gettext_lazy as _
from portal.ledger.actions import settle
from portal.notices.actions import tell
from rewards import files
from rewards.actions.days import day_inputs, last_day, outcome_of, rate_stale, rating_rows
from rewards.models import Clip, DailyRating, MonthStatement, RateCard, StatementLine, ViewSource
from rewards.postings import reward
from rewards.rating.pay import Day, Pay, pay


class MonthIsNotOver(Refusal):
    sentence = _("%(month)s is not over yet.")


class NotFinalYet(Refusal):
    sentence = _("%(month)s becomes final on %(day)s.")


@dataclass(frozen=True, slots=True)
class Difference:
    """One clip whose frozen figures are not what the computation gives now."""

    clip: Clip
    was: tuple[int, int, int]  # qualified views, paid views, minor units
    now: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The month of one creator, computed again from the views."""

    statement: MonthStatement
    amount_minor: int
    views: int
    differences: tuple[Difference, ...]

    @property
    def is_equal(self) -> bool:
        return not self.differences and self.amount_minor == self.statement.amount_minor


def close_month(*, month: date, now: datetime) -> list[MonthStatement]:
    """Freeze what each creator's clips earned in a month (UTC) and post it as pending.

    First rates the days that need it. Safe to repeat: the key is creator and month; a closed month stays as it is.
    Raises MonthIsNotOver, NoRateCard.
    """
    month = month.replace(day=1)
    if now.astimezone(UTC).date() <= last_day(month):
        raise MonthIsNotOver(month=day_lazy(month, "YEAR_MONTH_FORMAT"))
    closed = list(MonthStatement.objects.filter(month=month).select_related("creator"))
    if closed:
        return closed
    rate_stale(until=last_day(month), now=now)
    return _freeze(month, now)


@transaction.atomic
def _freeze(month: date, now: datetime) -> list[MonthStatement]:
    rows = DailyRating.objects.filter(day__range=(month, last_day(month))).select_related("card", "clip__creator__user")
    by_creator: dict[Creator, list[DailyRating]] = defaultdict(list)
    for row in rows.order_by("clip__creator", "clip", "day"):
        by_creator[row.clip.creator].append(row)
    before = qualified_before(month)
    card = RateCard.objects.in_force(last_day(month)).first()
    statements = []
    for creator, ratings in by_creator.items():
        lines = statement_lines(ratings, before)
        statement = MonthStatement.objects.create(
            creator=creator,
            month=month,
            currency=card.currency if card else creator.currency,
            amount_minor=sum(line.amount_minor for line in lines),
            closed_at=now,
        )
        for line in lines:
            line.statement = statement
        for line in StatementLine.objects.bulk_create(lines, batch_size=1_000):
            settle_line(line, at=now)
        _tell(statement, now)
        statements.append(statement)
    return statements


def statement_lines(ratings: Iterable[DailyRating], before: dict[int, int]) -> list[StatementLine]:
    """The lines of a statement, unsaved, from the rated days of one creator's clips (`card`, `clip` loaded)."""
    by_clip: dict[Clip, list[DailyRating]] = defaultdict(list)
    for row in ratings:
        by_clip[row.clip].append(row)
    lines = []
    for clip, rows in by_clip.items():
        earned = pay_of(rows, before.get(clip.pk, 0))
        lines.append(
            StatementLine(
                clip=clip,
                views=sum(row.views for row in rows),
                qualified=earned.qualified,
                uncounted=sum(row.uncounted for row in rows),
                reasons=sum_reasons(rows),
                paid_views=earned.paid_views,
                qualified_before=before.get(clip.pk, 0),
                parts=[asdict(part) for part in earned.parts],
                amount_minor=earned.amount_minor,
            )
        )
    return lines


def pay_of(rows: Iterable[DailyRating], before: int) -> Pay:
    """The earnings of one clip from its rated days of one month."""
    cards = {row.card_id: row.card for row in rows}
    numbers = {pk: card.card() for pk, card in cards.items()}
    return pay([Day(row.day, numbers[row.card_id], row.regions, row.finish) for row in rows], qualified_before=before)


def sum_reasons(rows: Iterable[DailyRating]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for row in rows:
        for reason, views in row.reasons.items():
            total[reason] += views
    return dict(total)


def qualified_before(month: date) -> dict[int, int]:
    """Clip id → qualified views before the month. One query."""
    rows = DailyRating.objects.filter(day__lt=month).values_list("clip").annotate(total=Sum("qualified"))
    return dict(rows.values_list("clip", "total"))


def line_target(line: StatementLine) -> dict[str, int]:
    """The balances that a line of a statement implies right now."""
    statement = line.statement
    if line.held == StatementLine.Held.VOID:
        bucket = None
    elif line.held == StatementLine.Held.HELD:
        bucket = "held"
    else:
        bucket = "available" if statement.state == MonthStatement.State.FINAL else "pending"
    return reward(
        creator=statement.creator.public_id,
        currency=statement.currency,
        amount_minor=line.amount_minor,
        bucket=bucket,
    )


def settle_line(line: StatementLine, *, at: datetime) -> None:
    """Bring the books to what the line says now; call it in the transaction that changed the line."""
    memo = f"Rewards {line.statement.month:%Y-%m}: {line.clip.title}"[:200]
    settle(source=line.source, target=line_target(line), at=at, memo=memo)


def _tell(statement: MonthStatement, now: datetime) -> None:
    tell(
        to=statement.creator.user,
        kind="rewards.month_closed",
        subject=_("Your rewards of %(month)s are counted") % {"month": day_lazy(statement.month, "YEAR_MONTH_FORMAT")},
        body=_("The statement shows every clip, and for every view that did not count the rule it failed."),
        url=reverse("reward_statement", args=[f"{statement.month:%Y-%m}"]),
        now=now,
        key=f"rewards.month_closed:{statement.creator.public_id}:{statement.month:%Y-%m}",
    )


@transaction.atomic
def finalize_month(*, month: date, now: datetime) -> list[MonthStatement]:
    """From the card's final day on, what is pending of a closed month becomes available; what is held stays held.

    Safe to repeat: a final statement is left alone. Raises NotFinalYet.
    """
    month = month.replace(day=1)
    final_on = final_date(month, RateCard.objects.in_force(last_day(month)).first())
    if now.astimezone(UTC).date() < final_on:
        raise NotFinalYet(month=day_lazy(month, "YEAR_MONTH_FORMAT"), day=day_lazy(final_on))
    waiting = MonthStatement.objects.select_for_update().filter(month=month, state=MonthStatement.State.CLOSED)
    done = []
    for statement in waiting:
        statement.state, statement.final_at = MonthStatement.State.FINAL, now
        statement.save(update_fields=["state", "final_at"])
        for line in statement.lines.select_related("clip", "statement__creator"):
            line.statement.state = statement.state
            settle_line(line, at=now)
        done.append(statement)
    return done


def final_date(month: date, card: RateCard | None) -> date:
    """The day on which a month becomes final, by the card of its last day."""
    return last_day(month) + timedelta(days=card.final_day if card else 3)


def recompute_month(*, statement: MonthStatement) -> Recomputed:
    """Compute a closed month of one creator again from the views that were kept; writes nothing.

    Equal, or the clips that differ with both figures.
    """
    sources = ViewSource.objects.filter(clips__creator=statement.creator).distinct()
    return _compared(statement, _all_rated_again(sources, statement.month))


def recompute_everybody(*, month: date) -> list[Recomputed]:
    """`recompute_month` for every statement of a closed month; the views are rated once for all of them."""
    ratings = _all_rated_again(ViewSource.objects.all(), month)
    statements = MonthStatement.objects.filter(month=month).select_related("creator")
    return [_compared(statement, ratings) for statement in statements]


def _compared(statement: MonthStatement, ratings: Sequence[DailyRating]) -> Recomputed:
    own = [row for row in ratings if row.clip.creator_id == statement.creator_id]
    lines = statement_lines(own, qualified_before(statement.month))
    frozen = {line.clip: line for line in statement.lines.select_related("clip")}
    again = {line.clip: line for line in lines}
    differences = []
    for clip in frozen.keys() | again.keys():
        was, now = _figures(frozen.get(clip)), _figures(again.get(clip))
        if was != now:
            differences.append(Difference(clip, was, now))
    return Recomputed(
        statement, sum(line.amount_minor for line in lines), sum(line.views for line in lines), tuple(differences)
    )


def _all_rated_again(sources: Iterable[ViewSource], month: date) -> list[DailyRating]:
    return [row for source in sources for row in _rated_again(source, month)]


def _rated_again(source: ViewSource, month: date) -> list[DailyRating]:
    """All days of a month from scratch, the counted pairs handed on in a folder of their own."""
    rows: list[DailyRating] = []
    with files.workspace() as folder:
        pairs: list[Path] = []
        for given in day_inputs(source, month, last_day(month)):
            made = folder / f"{given.day}.parquet"
            rows += rating_rows(given, outcome_of(given, pairs=pairs, keep_pairs_at=made))
            pairs.append(made)
    return rows


def _figures(line: StatementLine | None) -> tuple[int, int, int]:
    return (line.qualified, line.paid_views, line.amount_minor) if line else (0, 0, 0)
