from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from portal.notices.models import Notice
from rewards import files
from rewards.actions import (
    close_month,
    decide_appeal,
    finalize_month,
    hold_line,
    open_appeal,
    rate_stale,
    recompute_month,
    release_line,
)
from rewards.actions.appeals import AlreadyDecided, NotYourClip, ReasonMissing
from rewards.actions.months import MonthIsNotOver, NotFinalYet
from rewards.models import Appeal, Clip, DailyRating, MonthStatement, RateCard, StatementLine
from rewards.queries import month_of, why
from rewards.rating.card import Card
from rewards.rating.pay import Day, pay
from rewards.tasks import close_month as close_task
from rewards.tasks import finalize_month as finalize_task
from rewards.tests.conftest import JUNE_3, MAY, Take, row

pytestmark = pytest.mark.usefixtures("books_proved")
JUNE_1 = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def may(mika: Creator, make_clip: Callable[..., Clip], card: RateCard, take: Take) -> Clip:
    """Mika's clip has 15 qualified views of 17 in May: 1.5 cents at $1.00 per 1,000."""
    clip = make_clip(mika)
    views = [row(viewer, 1, 5) for viewer in range(15)]
    take([*views, row(99, 1, 6, watched=10), row(3, 1, 7)])
    return clip


def lines() -> list[tuple[str, int, int, int, int]]:
    rows = StatementLine.objects.select_related("clip").order_by("clip__external_id")
    return [(row.clip.external_id, row.views, row.qualified, row.paid_views, row.amount_minor) for row in rows]


def test_a_closed_month_is_pending_and_adds_up(may: Clip) -> None:
    close_month(month=MAY, now=JUNE_1)
    assert lines() == [("1", 17, 15, 15, 2)]
    assert books() == {"expense:rewards:usd": 2, "creator:mika:pending:usd": -2}
    assert StatementLine.objects.get().reasons == {"watched_too_briefly": 1, "repeat": 1}
    assert Notice.objects.get().kind == "rewards.month_closed"


def test_closing_and_finalizing_twice_is_harmless(may: Clip) -> None:
    for _time in range(2):
        close_month(month=MAY, now=JUNE_1)
    assert books() == {"expense:rewards:usd": 2, "creator:mika:pending:usd": -2}
    for _time in range(2):
        finalize_month(month=MAY, now=JUNE_3)
    assert books() == {"expense:rewards:usd": 2, "creator:mika:available:usd": -2}
    assert close_task(month="2026-05") == 1
    assert finalize_task(month="2026-05") == 0
    assert MonthStatement.objects.get().state == "final"
    assert Notice.objects.count() == 1


def test_a_month_that_runs_is_not_closed_and_is_final_only_on_its_day(may: Clip) -> None:
    with pytest.raises(MonthIsNotOver):
        close_month(month=MAY, now=datetime(2026, 5, 31, 23, 59, tzinfo=UTC))
    close_month(month=MAY, now=JUNE_1)
    with pytest.raises(NotFinalYet, match="June 3, 2026"):
        finalize_month(month=MAY, now=JUNE_1)
    assert books() == {"expense:rewards:usd": 2, "creator:mika:pending:usd": -2}


def test_the_month_computed_again_is_equal(may: Clip) -> None:
    [statement] = close_month(month=MAY, now=JUNE_1)
    again = recompute_month(statement=statement)
    assert again.is_equal
    assert (again.amount_minor, again.views) == (2, 17)


def test_a_changed_figure_is_found_by_computing_again(may: Clip) -> None:
    [statement] = close_month(month=MAY, now=JUNE_1)
    DailyRating.objects.update(regions={"*": 900}, qualified=900, views=900, uncounted=0, reasons={})
    assert recompute_month(statement=statement).is_equal  # from the views, not from the rows
    StatementLine.objects.update(qualified=16, uncounted=1, paid_views=16)
    [difference] = recompute_month(statement=statement).differences
    assert (difference.was, difference.now) == ((16, 16, 2), (15, 15, 2))


def test_computing_again_uses_the_kept_views_alone(may: Clip) -> None:
    [statement] = close_month(month=MAY, now=JUNE_1)
    for kept in (files.root() / "pairs").rglob("*.parquet"):
        kept.unlink()
    assert recompute_month(statement=statement).is_equal


def test_the_first_views_of_a_clip_are_not_paid_over_months(may: Clip, card: RateCard, take: Take) -> None:
    RateCard.objects.filter(pk=card.pk).update(views_before_paying=10)
    assert (why(clip=may, month=MAY).waiting, why(clip=may, month=MAY).views) == (0, 0)
    close_month(month=MAY, now=JUNE_1)
    assert lines() == [("1", 17, 15, 5, 1)]
    told = why(clip=may, month=MAY)
    assert (told.views, told.qualified, told.waiting, told.paid_views) == (17, 15, 10, 5)
    assert told.waiting_sentence == "The first 10 qualified views of a clip are not paid."


def test_what_counts_as_estimate_before_is_what_is_posted_after(may: Clip) -> None:
    rate_stale(until=date(2026, 5, 31), now=JUNE_1)
    estimate = month_of(creator=may.creator, month=MAY)
    assert books() == {}
    [statement] = close_month(month=MAY, now=JUNE_1)
    assert statement.amount_minor == estimate.amount_minor == 2


# --- Pay ----------------------------------------------------------------------
def test_pay_is_views_times_rate_times_factor_rounded_once() -> None:
    card = Card(
        version="v1",
        views_before_paying=0,
        rpm_minor={"*": 40, "US": 100},
        finish_factors_bp=((0, 8_000), (50, 12_500)),
    )
    earned = pay([Day(MAY, card, {"US": 1_000, "*": 500}, finish=1_500 * 50)], qualified_before=0)
    assert earned.amount_minor == 150  # (1,000 × 1.00 + 500 × 0.40) × 1.25 ÷ 1,000 = $1.50
    assert [(part.region, part.views, part.factor_bp) for part in earned.parts] == [
        ("*", 500, 12_500),
        ("US", 1_000, 12_500),
    ]
    low = pay([Day(MAY, card, {"US": 1_000, "*": 500}, finish=1_500 * 50 - 1)], qualified_before=0)
    assert low.amount_minor == 96


def test_the_day_that_passes_the_mark_spreads_its_paid_views_over_the_regions() -> None:
    card = Card(version="v1", views_before_paying=1_000, rpm_minor={"*": 40, "US": 100})
    earned = pay([Day(MAY, card, {"US": 3, "*": 3}, finish=0)], qualified_before=997)
    assert (earned.qualified, earned.waiting, earned.paid_views) == (6, 3, 3)
    assert sum(part.views for part in earned.parts) == 3
    assert pay([Day(MAY, card, {"US": 5}, finish=0)], qualified_before=0).paid_views == 0


# --- Holds and appeals --------------------------------------------------------
@pytest.fixture
def line(may: Clip) -> StatementLine:
    close_month(month=MAY, now=JUNE_1)
    return StatementLine.objects.get()


def held() -> dict[str, Any]:
    return {"expense:rewards:usd": 2, "creator:mika:held:usd": -2}


def test_held_money_waits_through_the_final_day_and_comes_back_when_the_appeal_is_accepted(
    line: StatementLine, staff: User
) -> None:
    hold_line(line=line, reason="The clip may be a copy.", now=JUNE_1)
    assert books() == held()
    appeal = open_appeal(creator=line.statement.creator, line=line, message="It is mine.", now=JUNE_1)
    assert open_appeal(creator=line.statement.creator, line=line, message="Again.", now=JUNE_1) == appeal
    finalize_month(month=MAY, now=JUNE_3)
    assert books() == held()
    for _time in range(2):
        decide_appeal(appeal=appeal, accept=True, answer="You are right.", by=staff, now=JUNE_3)
    assert books() == {"expense:rewards:usd": 2, "creator:mika:available:usd": -2}
    with pytest.raises(AlreadyDecided):
        decide_appeal(appeal=appeal, accept=False, answer="No.", by=staff, now=JUNE_3)


def test_a_declined_appeal_takes_held_money_off_and_nothing_else(line: StatementLine, staff: User) -> None:
    appeal = open_appeal(creator=line.statement.creator, line=line, message="More, please.", now=JUNE_1)
    decide_appeal(appeal=appeal, accept=False, answer="The count is right.", by=staff, now=JUNE_1)
    assert books() == {"expense:rewards:usd": 2, "creator:mika:pending:usd": -2}
    hold_line(line=line, reason="The clip is a copy.", now=JUNE_1)
    second = open_appeal(creator=line.statement.creator, line=line, message="It is mine.", now=JUNE_1)
    decide_appeal(appeal=second, accept=False, answer="It is not.", by=staff, now=JUNE_1)
    assert books() == {}
    finalize_month(month=MAY, now=JUNE_3)
    assert books() == {}


def test_release_gives_back_what_was_held(line: StatementLine) -> None:
    hold_line(line=line, reason="Looked at.", now=JUNE_1)
    for _time in range(2):
        release_line(line=line, now=JUNE_1)
    assert books() == {"expense:rewards:usd": 2, "creator:mika:pending:usd": -2}


def test_nobody_appeals_for_others_and_nothing_is_held_without_a_reason(line: StatementLine, noor: Creator) -> None:
    with pytest.raises(NotYourClip):
        open_appeal(creator=noor, line=line, message="Mine!", now=JUNE_1)
    with pytest.raises(ReasonMissing):
        hold_line(line=line, reason=" ", now=JUNE_1)
    with pytest.raises(ReasonMissing):
        open_appeal(creator=line.statement.creator, line=line, message="", now=JUNE_1)
    assert not Appeal.objects.exists()
