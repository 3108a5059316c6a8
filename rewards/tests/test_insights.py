from collections.abc import Callable
from datetime import datetime

from portal.accounts.models import Creator
from portal.insights.registry import findings
from rewards.actions import rate_stale
from rewards.insights import LEAST_VIEWS, widest_gap
from rewards.models import Clip, RateCard
from rewards.tests.conftest import Take, row


def test_the_rule_that_most_views_failed_is_told_with_its_share(
    mika: Creator, make_clip: Callable[..., Clip], card: RateCard, take: Take, noon: datetime
) -> None:
    make_clip(mika)
    brief = [row(viewer, 1, 5, watched=10) for viewer in range(LEAST_VIEWS // 4)]
    take([*brief, *(row(1_000 + viewer, 1, 5) for viewer in range(LEAST_VIEWS))])
    rate_stale(until=noon.date(), now=noon)
    found = widest_gap(mika, noon)
    assert found is not None
    assert str(found.sentence).startswith("20 % of this month's views did not count")
    assert "first seconds" in str(found.advice)
    assert found in findings(mika, noon)


def test_a_few_views_or_a_small_gap_say_nothing(
    mika: Creator, make_clip: Callable[..., Clip], card: RateCard, take: Take, noon: datetime
) -> None:
    assert widest_gap(mika, noon) is None
    make_clip(mika)
    take([row(1, 1, 5, watched=10), *(row(1_000 + viewer, 1, 5) for viewer in range(LEAST_VIEWS))])
    rate_stale(until=noon.date(), now=noon)
    assert widest_gap(mika, noon) is None
