"""`settle`: the books follow the facts, whatever order and however often."""

from datetime import datetime

import pytest

from portal.ledger import chart
from portal.ledger.actions import NotInChart, Unbalanced, settle
from portal.ledger.models import Entry, Source
from portal.ledger.queries import books, posted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_proved")]

MIKA_PENDING = chart.creator_pending("mika", "usd")
MIKA_AVAILABLE = chart.creator_available("mika", "usd")


def sale(kept: int, bucket: str = MIKA_PENDING) -> dict[str, int]:
    fee, platform = 59, kept // 10
    return {
        chart.stripe("usd"): kept - fee,
        chart.stripe_fee("usd"): fee,
        chart.platform_fee("usd"): -platform,
        bucket: platform - kept,
    }


def test_the_first_settlement_posts_everything(noon: datetime) -> None:
    entry = settle(source="invoice:in_1", target=sale(1000), at=noon)

    assert entry is not None
    assert (entry.key, entry.kind) == ("invoice:in_1:0", "invoice")
    assert books() == posted("invoice:in_1") == sale(1000)


def test_only_the_difference_is_posted(noon: datetime) -> None:
    settle(source="invoice:in_1", target=sale(1000), at=noon)
    entry = settle(source="invoice:in_1", target=sale(600), at=noon)

    assert entry is not None
    assert dict(entry.lines.values_list("account__code", "amount")) == {
        chart.stripe("usd"): -400,
        chart.platform_fee("usd"): 40,
        MIKA_PENDING: 360,
    }
    assert books() == sale(600)


def test_settling_twice_posts_nothing(noon: datetime) -> None:
    settle(source="invoice:in_1", target=sale(1000), at=noon)

    assert settle(source="invoice:in_1", target=sale(1000), at=noon) is None
    assert books() == sale(1000)
    assert Source.objects.get().version == Entry.objects.count() == 1


def test_a_bucket_moves_when_the_facts_mature(noon: datetime) -> None:
    settle(source="invoice:in_1", target=sale(1000), at=noon)
    settle(source="invoice:in_1", target=sale(1000, MIKA_AVAILABLE), at=noon)

    assert books() == sale(1000, MIKA_AVAILABLE)


def test_there_and_back_again(noon: datetime) -> None:
    """A target that returns to what it was is a new entry, not a repeat of an old one."""
    for kept in (1000, 600, 1000, 600):
        settle(source="invoice:in_1", target=sale(kept), at=noon)

    assert books() == sale(600)
    assert Entry.objects.count() == 4


def test_no_target_left_undoes_it_all(noon: datetime) -> None:
    settle(source="invoice:in_1", target=sale(1000), at=noon)
    settle(source="invoice:in_1", target={}, at=noon)

    assert books() == {}
    assert settle(source="invoice:in_1", target={}, at=noon) is None


def test_nothing_to_say_of_an_unknown_source_leaves_no_trace(noon: datetime) -> None:
    assert settle(source="invoice:in_1", target={MIKA_PENDING: 0}, at=noon) is None
    assert not Source.objects.exists()


def test_a_target_that_does_not_balance_is_an_alarm(noon: datetime) -> None:
    with pytest.raises(Unbalanced):
        settle(source="invoice:in_1", target={chart.stripe("usd"): 5}, at=noon)
    with pytest.raises(NotInChart):
        settle(source="invoice:in_1", target={"pocket:usd": 5, chart.stripe("usd"): -5}, at=noon)
    assert not Source.objects.exists()


def test_statements_it_takes(noon: datetime, django_assert_num_queries: object) -> None:
    settle(source="invoice:in_0", target=sale(1000), at=noon)
    with django_assert_num_queries(4):  # type: ignore[operator]  # source, entry, lines, seal
        settle(source="invoice:in_1", target=sale(1000), at=noon)
    with django_assert_num_queries(7):  # type: ignore[operator]  # source tried, locked, posted, counted; the entry
        settle(source="invoice:in_1", target=sale(600), at=noon)
    with django_assert_num_queries(3):  # type: ignore[operator]
        settle(source="invoice:in_1", target=sale(600), at=noon)
