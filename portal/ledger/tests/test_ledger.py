"""Entries, sources and accounts: staff see all, a creator sees their own lines, to others they do not exist."""

import pytest
from django.test import Client

from portal.accounts.models import Creator, User

pytestmark = pytest.mark.django_db

ENTRY = "/books/entries/invoice:in_1:0/"
SOURCE = "/books/sources/invoice:in_1/"
ACCOUNT = "/books/accounts/creator:mika:available:usd/"
PAGES = [ENTRY, SOURCE, ACCOUNT]


@pytest.mark.parametrize("address", PAGES)
def test_staff_see_all(month: None, client: Client, staff: User, address: str) -> None:
    client.force_login(staff)
    answer = client.get(address)
    assert answer.status_code == 200
    assert "creator:mika:available:usd" in answer.content.decode() or address == ENTRY


def test_staff_see_every_line_of_an_entry(month: None, client: Client, staff: User) -> None:
    client.force_login(staff)
    told = client.get(ENTRY).content.decode()
    for code in ("stripe:usd", "expense:stripe_fee:usd", "income:platform_fee:usd", "creator:mika:pending:usd"):
        assert code in told
    assert SOURCE in told


def test_a_creator_sees_their_own_lines(month: None, client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    told = client.get(ENTRY).content.decode()
    assert "creator:mika:pending:usd" in told
    assert "$9.00" in told
    assert "income:platform_fee:usd" not in told
    assert "3 more lines are on accounts that are not yours." in told
    assert "stripe:usd" not in client.get(SOURCE).content.decode()
    assert client.get(ACCOUNT).status_code == 200


@pytest.mark.parametrize("address", PAGES)
def test_to_others_it_does_not_exist(month: None, client: Client, noor: Creator, lee: User, address: str) -> None:
    for user in (noor.user, lee):
        client.force_login(user)
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", [*PAGES, "/books/accounts/"])
def test_strangers_sign_in(month: None, client: Client, address: str) -> None:
    assert client.get(address).status_code == 302


@pytest.mark.parametrize("kind", ["entries", "sources", "accounts"])
def test_what_is_not_in_the_books(month: None, client: Client, staff: User, kind: str) -> None:
    client.force_login(staff)
    assert client.get(f"/books/{kind}/no:such/thing/").status_code == 404


def test_an_account_line_by_line_and_by_source(month: None, client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    lines = client.get(ACCOUNT).context["rows"]
    assert [(row["amount"], row["running"]) for row in lines] == [(-500, 400), (900, 900)]
    chain = client.get(ACCOUNT, {"by": "source"}).context["chain"]
    assert [(part.label, part.amount) for part in chain.parts] == [("payout:p1:reserve", -500), ("invoice:in_1", 900)]
    assert chain.total == 400


def test_pages_of_a_long_account_carry_the_balance_on(month: None, client: Client, staff: User, noon: object) -> None:
    from portal.ledger.actions import post

    for number in range(60):
        lines = {"creator:mika:available:usd": -number - 1, "bank:usd": number + 1}
        post(key=f"gift:{number}", kind="gift", lines=lines, at=noon)  # type: ignore[arg-type]
    client.force_login(staff)
    first, second = (client.get(ACCOUNT, {"page": page}).context["rows"] for page in (1, 2))
    assert first[0]["running"] == 400 + sum(range(1, 61))
    assert second[0]["running"] == first[-1]["running"] - first[-1]["amount"]
    assert (second[-1]["running"], second[-1]["amount"]) == (900, 900)


def test_the_list_of_accounts_is_for_staff(month: None, client: Client, staff: User, mika: Creator) -> None:
    client.force_login(staff)
    told = client.get("/books/accounts/", {"prefix": "creator:mika", "kind": "liability"})
    assert [row["code"] for row in told.context["accounts"]] == [
        "creator:mika:available:usd",
        "creator:mika:pending:usd",
    ]
    client.force_login(mika.user)
    assert client.get("/books/accounts/").status_code == 403


@pytest.mark.parametrize("address", [*PAGES, "/books/accounts/"])
def test_only_looking(month: None, client: Client, staff: User, address: str) -> None:
    client.force_login(staff)
    assert client.post(address).status_code == 405


@pytest.mark.parametrize("model", ["account", "entry", "line", "source", "batch", "booksproof"])
def test_the_back_office_reads_and_never_writes(month: None, client: Client, staff: User, model: str) -> None:
    from django.apps import apps

    client.force_login(staff)
    assert client.get(f"/admin/ledger/{model}/").status_code in (200, 302)
    assert client.get(f"/admin/ledger/{model}/add/").status_code in (302, 403)
    row = apps.get_model("ledger", model).objects.first()
    if row is not None:
        assert client.get(f"/admin/ledger/{model}/{row.pk}/change/").status_code in (200, 302)
        assert client.post(f"/admin/ledger/{model}/{row.pk}/delete/", {"post": "yes"}).status_code in (302, 403)
        assert apps.get_model("ledger", model).objects.filter(pk=row.pk).exists()
