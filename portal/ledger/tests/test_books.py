"""The public page of the books."""

from datetime import datetime

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.ledger import guards
from portal.ledger.actions import prove_books
from portal.ledger.models import Line

pytestmark = pytest.mark.django_db


def test_before_the_first_proof(client: Client) -> None:
    assert "Not proved yet" in client.get("/books/").content.decode()


def test_a_stranger_sees_the_proof_and_sums_but_nobody_s_money(month: None, client: Client, noon: datetime) -> None:
    prove_books(now=noon)
    told = client.get("/books/").content.decode()

    assert "Every entry is sealed." in told
    assert "mika" not in told
    assert "noor" not in told


def test_offending_rows_are_shown_to_staff_only(
    month: None, client: Client, staff: User, lee: User, noon: datetime
) -> None:
    guards.lift()
    Line.objects.filter(account__code="creator:noor:pending:usd").update(amount=-451)
    guards.install()
    prove_books(now=noon)

    told = client.get("/books/").content.decode()
    assert "The books are broken." in told
    assert "invoice:in_3" not in told
    client.force_login(lee)
    assert "invoice:in_3" not in client.get("/books/").content.decode()
    client.force_login(staff)
    assert "invoice:in_3:0: -1 usd too much" in client.get("/books/").content.decode()


def test_the_page_costs_the_same_however_much_is_in_the_books(
    month: None, client: Client, noon: datetime, django_assert_max_num_queries: object
) -> None:
    prove_books(now=noon)
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        client.get("/books/")


def test_only_looking(client: Client) -> None:
    assert client.post("/books/").status_code == 405
