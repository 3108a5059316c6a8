"""`post`: one key, one entry; nothing else gets in."""

from datetime import datetime

import pytest

from portal.ledger import chart
from portal.ledger.actions import KeyReused, NotInChart, Unbalanced, post
from portal.ledger.models import Entry, Seal
from portal.ledger.queries import balance, books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_proved")]

SALE = {
    chart.stripe("usd"): 941,
    chart.stripe_fee("usd"): 59,
    chart.platform_fee("usd"): -100,
    chart.creator_pending("mika", "usd"): -900,
}


def test_an_entry_is_written_with_its_lines_and_sealed(noon: datetime) -> None:
    entry = post(key="invoice:in_1:0", kind="invoice", lines=SALE, at=noon, memo="May, gold")

    assert books() == SALE
    assert balance(chart.stripe("usd")) == 941
    stored = Entry.objects.get()
    assert (stored.pk, stored.key, stored.at, stored.memo) == (entry.pk, "invoice:in_1:0", noon, "May, gold")
    assert entry.written_at == stored.written_at
    assert Seal.objects.get().entry == stored


def test_the_same_key_twice_is_one_entry(noon: datetime) -> None:
    first = post(key="invoice:in_1:0", kind="invoice", lines=SALE, at=noon)
    again = post(key="invoice:in_1:0", kind="invoice", lines=dict(reversed(SALE.items())), at=noon)

    assert again == first
    assert books() == SALE


def test_the_same_key_with_other_lines_is_an_alarm(noon: datetime) -> None:
    post(key="invoice:in_1:0", kind="invoice", lines=SALE, at=noon)

    with pytest.raises(KeyReused, match="in_1:0 was posted with other lines"):
        post(key="invoice:in_1:0", kind="invoice", lines={"stripe:usd": 1, "bank:usd": -1}, at=noon)
    assert books() == SALE


def test_lines_of_zero_are_left_out(noon: datetime) -> None:
    post(key="a:1", kind="a", lines=SALE | {chart.bank("usd"): 0}, at=noon)

    assert books() == SALE


def test_each_currency_balances_by_itself(noon: datetime) -> None:
    lines = {"stripe:usd": 100, "fx:clearing:usd": -100, "fx:clearing:jpy": 15000, "stripe:jpy": -15000}
    post(key="fx:1", kind="fx", lines=lines, at=noon)
    assert books() == lines

    with pytest.raises(Unbalanced, match="usd"):
        post(key="fx:2", kind="fx", lines={"stripe:usd": 100, "stripe:jpy": -100}, at=noon)
    assert books() == lines


@pytest.mark.parametrize("lines", [{}, {"stripe:usd": 0}, {"stripe:usd": 5}, {"stripe:usd": 5, "bank:usd": -4}])
def test_an_unbalanced_entry_is_an_alarm(lines: dict[str, int], noon: datetime) -> None:
    with pytest.raises(Unbalanced):
        post(key="a:1", kind="a", lines=lines, at=noon)
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    "lines",
    [
        {"stripe:usd": 1.5, "bank:usd": -1.5},
        {"stripe:usd": True, "bank:usd": -1},
        {"strype:usd": 5, "bank:usd": -5},
        {"stripe:USD": 5, "bank:USD": -5},
        {"stripe": 5, "bank": -5},
    ],
)
def test_only_whole_minor_units_on_accounts_of_the_chart(lines: dict[str, int], noon: datetime) -> None:
    with pytest.raises(NotInChart):
        post(key="a:1", kind="a", lines=lines, at=noon)
    assert not Entry.objects.exists()


def test_an_entry_takes_three_statements_and_two_more_for_new_accounts(
    noon: datetime, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(5):  # type: ignore[operator]
        post(key="a:1", kind="a", lines=SALE, at=noon)
    with django_assert_num_queries(3):  # type: ignore[operator]
        post(key="a:2", kind="a", lines=SALE, at=noon)


def test_an_account_used_for_the_first_time_beside_known_ones(noon: datetime) -> None:
    post(key="a:1", kind="a", lines={"stripe:usd": 5, "bank:usd": -5}, at=noon)
    post(key="a:2", kind="a", lines={"stripe:usd": 2, "bank:usd": -3, "expense:stripe_fee:usd": 1}, at=noon)

    assert books() == {"stripe:usd": 7, "bank:usd": -8, "expense:stripe_fee:usd": 1}
