from collections.abc import Callable
from datetime import date, timedelta

import pytest

from portal.accounts.models import Creator
from portal.programs.models import Program, Suspension
from rewards.actions import accept_batch, close_month, publish_card, rate_day, rate_stale
from rewards.actions.batches import MonthIsClosed, ViewsRefused
from rewards.actions.cards import CardBeginsTooEarly
from rewards.models import Clip, DailyRating, RateCard, RatedDay, ViewBatch, ViewSource
from rewards.queries import why
from rewards.rating.engine import UnusableViews
from rewards.tasks import rate_day as rate_day_task
from rewards.tests.conftest import JUNE_3, MAY, PUBLISHED, Take, row


def ratings() -> list[tuple[int, int, int, dict[str, int]]]:
    rows = DailyRating.objects.order_by("day", "clip")
    return [(row.day.day, row.views, row.qualified, row.reasons) for row in rows]


@pytest.fixture
def clip(mika: Creator, make_clip: Callable[..., Clip], card: RateCard) -> Clip:
    return make_clip(mika)


def test_a_day_is_rated_with_a_reason_for_every_view(clip: Clip, take: Take) -> None:
    take([row(1, 1, 5), row(2, 1, 5), row(1, 1, 5, watched=100), row(3, 1, 5, liked=0), row(4, 77, 5)])
    rate_day(day=date(2026, 5, 5), now=JUNE_3)
    assert ratings() == [(5, 4, 2, {"watched_too_briefly": 1, "disliked": 1})]
    whole = RatedDay.objects.get()
    assert (whole.views, whole.qualified, whole.uncounted) == (5, 2, 3)
    assert whole.reasons == {"unknown_clip": 1, "disliked": 1, "watched_too_briefly": 1}
    assert whole.add_up()


def test_rating_twice_changes_nothing(clip: Clip, take: Take) -> None:
    take([row(1, 1, 5), row(2, 1, 6)])
    rate_day(day=date(2026, 5, 6), now=JUNE_3)
    before = ratings()
    rate_day(day=date(2026, 5, 6), now=JUNE_3)
    rate_day(day=date(2026, 5, 5), now=JUNE_3)
    assert ratings() == before == [(5, 1, 1, {}), (6, 1, 1, {})]


def test_rating_a_later_day_first_rates_the_earlier_ones(clip: Clip, take: Take) -> None:
    take([row(1, 1, 5), row(1, 1, 9)])
    rate_day(day=date(2026, 5, 9), now=JUNE_3)
    assert ratings() == [(5, 1, 1, {}), (9, 1, 0, {"repeat": 1})]


def test_a_late_batch_moves_the_one_view_to_the_earlier_day(clip: Clip, take: Take) -> None:
    take([row(1, 1, 9)])
    rate_stale(until=date(2026, 5, 31), now=JUNE_3)
    take([row(1, 1, 5)])
    rate_stale(until=date(2026, 5, 31), now=JUNE_3)
    assert ratings() == [(5, 1, 1, {}), (9, 1, 0, {"repeat": 1})]


def test_only_what_changed_is_rated_again(clip: Clip, take: Take) -> None:
    take([row(1, 1, 5), row(1, 1, 9)])
    assert len(rate_stale(until=date(2026, 5, 31), now=JUNE_3)) == 5
    assert rate_stale(until=date(2026, 5, 31), now=JUNE_3) == []
    take([row(2, 1, 9)])
    assert [done.day.day for done in rate_stale(until=date(2026, 5, 31), now=JUNE_3)] == [9]


def test_views_during_a_suspension_are_not_enrolled(clip: Clip, take: Take) -> None:
    Suspension.objects.create(
        creator=clip.creator,
        program=Program.REWARDS,
        reason="Bought views.",
        suspended_at=PUBLISHED + timedelta(days=5),
    )
    take([row(1, 1, 4), row(2, 1, 6)])
    rate_day(day=date(2026, 5, 6), now=JUNE_3)
    assert [(day, qualified, reasons) for day, _views, qualified, reasons in ratings() if day in (4, 6)] == [
        (4, 1, {}),
        (6, 0, {"not_enrolled": 1}),
    ]


def test_views_of_a_creator_outside_the_program_do_not_count(
    noor: Creator, make_clip: Callable[..., Clip], card: RateCard, take: Take
) -> None:
    found = make_clip(noor)
    take([row(1, 1, 5)])
    rate_day(day=date(2026, 5, 5), now=JUNE_3)
    told = why(clip=found, day=date(2026, 5, 5))
    assert (told.views, told.qualified) == (1, 0)
    assert [(step.reason, step.sentence) for step in told.failing] == [
        ("not_enrolled", "At the time of the view the creator took part in the program.")
    ]


def test_each_day_is_rated_by_its_own_card(clip: Clip, take: Take, card: RateCard) -> None:
    draft = RateCard.objects.create(
        version=4, valid_from=date(2026, 5, 10), rpm_minor={"*": 50}, min_watched_ms=10_000, views_before_paying=0
    )
    publish_card(card=draft, by=None, now=PUBLISHED)
    take([row(1, 1, 9), row(2, 1, 10)])
    rate_day(day=date(2026, 5, 10), now=JUNE_3)
    assert ratings() == [(9, 1, 1, {}), (10, 1, 0, {"watched_too_briefly": 1})]
    late = RateCard.objects.create(version=5, valid_from=date(2026, 5, 9), rpm_minor={"*": 1})
    with pytest.raises(CardBeginsTooEarly):
        publish_card(card=late, by=None, now=JUNE_3)


def test_the_same_content_is_taken_in_once(clip: Clip, take: Take) -> None:
    assert take([row(1, 1, 5)]) == take([row(1, 1, 5)])
    assert ViewBatch.objects.count() == 1


def test_a_refused_file_leaves_nothing_and_may_come_again(clip: Clip, take: Take, source: ViewSource, tmp_path) -> None:  # type: ignore[no-untyped-def]
    def fails(raw, clean):  # type: ignore[no-untyped-def]
        clean.write_bytes(b"half")
        raise UnusableViews("Line 3: the time watched is missing or cannot be.")

    raw = tmp_path / "raw.tsv"
    raw.write_text("anything")
    with pytest.raises(ViewsRefused, match="Line 3"):
        accept_batch(source=source, raw=raw, read=fails, origin="test", now=JUNE_3)
    assert not ViewBatch.objects.exists()
    assert not list((tmp_path / "data").rglob("*.parquet"))
    assert take([row(1, 1, 5)]).views == 1


def test_views_of_the_future_and_of_closed_months_are_refused(clip: Clip, take: Take) -> None:
    with pytest.raises(ViewsRefused, match="still to come"):
        take([row(1, 1, 9)], now=PUBLISHED)
    take([row(1, 1, 9)])
    close_month(month=MAY, now=JUNE_3)
    with pytest.raises(MonthIsClosed):
        take([row(2, 1, 9)])
    with pytest.raises(MonthIsClosed):
        rate_day(day=date(2026, 5, 9), now=JUNE_3)


def test_the_task_rates_the_day_it_is_told(clip: Clip, take: Take) -> None:
    take([row(1, 1, 5)])
    assert rate_day_task(day="2026-05-05", from_the_future=True) == 1
    assert len(ratings()) == 1
