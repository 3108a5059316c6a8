"""What the books answer."""

from datetime import datetime, timedelta

import pytest

from portal.ledger import chart, guards, queries
from portal.ledger.actions import close_batch, post
from portal.ledger.models import Snapshot
from portal.ledger.tests.conftest import MIKA_AVAILABLE, MIKA_PENDING

pytestmark = pytest.mark.django_db


def test_balances_of_a_creator_are_claims(month: None) -> None:
    assert queries.creator_balances("mika") == {"usd": {"pending": 1800, "available": 400, "held": 0, "transit": 500}}
    assert queries.creator_balances("mik") == {}


def test_each_currency_of_a_creator_stands_alone(month: None, noon: datetime) -> None:
    lines = {chart.stripe("jpy"): 500, chart.creator_held("mika", "jpy"): -500}
    post(key="order:1", kind="order", lines=lines, at=noon)
    assert list(queries.creator_balances("mika")) == ["jpy", "usd"]
    assert queries.creator_balances("mika")["jpy"]["held"] == 500


def test_a_letter_that_means_anything_in_a_search_means_itself(month: None) -> None:
    assert queries.balances("creator:m_ka:") == queries.books("creator:%") == {}


def test_a_statement_opens_with_the_last_one_s_closing(month: None, noon: datetime) -> None:
    first = queries.statement(
        [MIKA_PENDING, MIKA_AVAILABLE], since=noon.replace(day=1), until=noon.replace(day=9), claim=True
    )
    second = queries.statement(
        [MIKA_PENDING, MIKA_AVAILABLE], since=noon.replace(day=9), until=noon.replace(day=30), claim=True
    )

    assert (first.opening, first.closing) == (0, 2700)
    assert [(line.memo, line.amount, line.running) for line in first.lines] == [
        ("Gold, Sam", 900, 900),
        ("Gold, Lee", 1800, 2700),
    ]
    assert second.opening == first.closing
    assert sum(line.amount for line in second.lines) + second.opening == second.closing == 2200
    assert second.lines[-1].source is None


def test_a_statement_is_half_open(month: None, noon: datetime) -> None:
    day = noon.replace(day=2)
    assert len(queries.statement([MIKA_PENDING], since=day, until=day + timedelta(microseconds=1)).lines) == 1
    assert len(queries.statement([MIKA_PENDING], since=day - timedelta(days=1), until=day).lines) == 0


def test_a_statement_is_of_one_currency(noon: datetime) -> None:
    with pytest.raises(ValueError, match="one currency"):
        queries.statement(["stripe:usd", "stripe:eur"], since=noon, until=noon)
    with pytest.raises(ValueError, match="one currency"):
        queries.statement([], since=noon, until=noon)


def test_a_balance_is_the_sum_of_what_happened(month: None) -> None:
    told = queries.explain(MIKA_AVAILABLE, sign=-1)

    assert (told.total, told.earlier) == (400, 0)
    assert [(part.label, part.amount) for part in told.parts] == [("payout:p1:reserve", -500), ("invoice:in_1", 900)]
    assert told.parts[1].url == "/books/sources/invoice:in_1/"
    assert told.parts[0].url == "/books/entries/payout:p1:reserve/"


def test_what_is_too_much_to_show_is_summed(month: None) -> None:
    told = queries.explain("stripe:usd", newest=1)
    assert [part.label for part in told.parts] == ["invoice:in_3"]
    assert told.earlier + told.parts[0].amount == told.total == queries.balance("stripe:usd")


def test_nothing_is_shown_that_does_not_add_up(month: None, noon: datetime) -> None:
    """A kept balance that is wrong is never shown beside lines that say otherwise."""
    close_batch(now=noon)
    guards.lift()
    Snapshot.objects.filter(account__code=MIKA_AVAILABLE).update(balance=-99)
    with pytest.raises(queries.DoesNotAddUp, match="-99"):
        queries.explain(MIKA_AVAILABLE)


def test_an_unknown_account_is_not_explained(db: None) -> None:
    with pytest.raises(LookupError):
        queries.explain("creator:nobody:pending:usd")


def test_totals_of_kinds_balance(month: None) -> None:
    totals = queries.totals_of_kinds()
    assert totals["liability"] == {"usd": -3150}
    assert sum(amounts.get("usd", 0) for amounts in totals.values()) == 0


def test_a_balance_is_one_query(month: None, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert queries.balance(MIKA_PENDING) == -1800
    assert queries.balance("creator:nobody:pending:usd") == 0
