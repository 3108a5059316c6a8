from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db.models import F

from portal.accounts.models import Creator
from portal.ledger import chart
from portal.ledger.actions import settle
from portal.ledger.invariants import findings
from rewards.actions import close_month
from rewards.models import Clip, MonthStatement, RateCard, StatementLine
from rewards.tests.conftest import MAY, Take, row

JUNE_1 = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)


def offenders() -> list[str]:
    found = {finding.code: finding for finding in findings(within="rewards")}["I11"]
    assert len(found.checks) == 2
    assert found.unanswered == []
    return found.offenders


@pytest.fixture
def closed(mika: Creator, noor: Creator, make_clip: Callable[..., Clip], card: RateCard, take: Take) -> MonthStatement:
    """May of Mika, whose clip has 15 qualified views and earned two cents."""
    make_clip(mika)
    take([row(viewer, 1, 5) for viewer in range(15)])
    close_month(month=MAY, now=JUNE_1)
    return MonthStatement.objects.get()


def test_nothing_closed_is_nothing_to_prove(db: None) -> None:
    assert offenders() == []


def test_a_closed_month_is_computed_again_and_equal(closed: MonthStatement) -> None:
    assert offenders() == []


def test_a_statement_that_was_changed_is_found(closed: MonthStatement) -> None:
    StatementLine.objects.update(amount_minor=F("amount_minor") + 1)
    found = offenders()
    assert len(found) == 2
    assert any("computed again" in sentence for sentence in found)


def test_books_that_hold_something_else_are_found(closed: MonthStatement, noon: datetime) -> None:
    line = StatementLine.objects.get()
    settle(
        source=line.source, target={chart.rewards_expense("usd"): 3, chart.creator_pending("mika", "usd"): -3}, at=noon
    )
    assert len(offenders()) == 1
    assert "the statement implies" in offenders()[0]
