"""`manage.py check_books` and the invariants: each is broken once, and found by the right name."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.management import call_command
from django.db import transaction

from portal.ledger import chart, guards, invariants
from portal.ledger.actions import post, settle
from portal.ledger.models import Account, BooksProof, Entry, Line, Source

pytestmark = pytest.mark.django_db


def sound(noon: datetime) -> None:
    """Nothing of it is at the provider, which is asked too."""
    settle(
        source="invoice:in_1",
        target={chart.bank("usd"): 941, chart.stripe_fee("usd"): 59, "creator:mika:pending:usd": -1000},
        at=noon,
    )


def test_sound_books_are_proved(noon: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    sound(noon)
    call_command("check_books")

    told = capsys.readouterr().out
    assert "1 entries, 3 lines" in told
    assert "the books hold." in told
    assert all(f" {code} " in told for code in invariants.SENTENCES)
    proof = BooksProof.objects.get()
    assert (proof.holds, proof.entries, proof.lines) == (True, 1, 3)
    assert proof.totals["liability"] == {"usd": -1000}


def test_each_run_is_a_proof_of_its_own(noon: datetime) -> None:
    call_command("check_books", verbosity=0)
    call_command("check_books", verbosity=0)
    assert BooksProof.objects.count() == 2


def test_broken_books_exit_with_1_and_name_the_rows(noon: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    sound(noon)
    forge(lambda: Line.objects.filter(account__code="bank:usd").update(amount=942))

    with pytest.raises(SystemExit) as exit:
        call_command("check_books", json=True)

    assert exit.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert told["holds"] is False
    found = {finding["code"]: finding for finding in told["findings"]}
    assert found["I1"]["offenders"] == ["invoice:in_1:0: +1 usd too much"]
    assert found["I2"]["count"] == 1
    assert found["I12"]["state"] == "holds"


def forge(write: Callable[[], object]) -> None:
    """Somebody with the keys to the database takes the guards away, forges, and puts them back."""
    guards.lift()
    write()
    guards.install()


def forge_line_currency() -> None:
    Line.objects.filter(account__code="bank:usd").update(currency="eur")


def forge_amounts_that_still_balance() -> None:
    Line.objects.filter(account__code="bank:usd").update(amount=940)
    Line.objects.filter(account__code="expense:stripe_fee:usd").update(amount=60)


def forge_account() -> None:
    Account.objects.filter(code="bank:usd").update(code="pocket:usd")


def add_second_entry_of_a_step() -> None:
    source = Source.objects.get()
    lines = {"equity:capital:usd": 5, "bank:usd": -5}
    post(key="invoice:in_1:7", kind="invoice", lines=lines, at=Entry.objects.get().at, source=source)


def leave_unsealed() -> None:
    Entry.objects.create(key="raw:1", kind="raw", at=Entry.objects.get().at, digest="")


def overdraw_pending() -> None:
    lines = {"creator:mika:pending:usd": 1001, "creator:mika:available:usd": -1001}
    post(key="mature:1", kind="mature", lines=lines, at=Entry.objects.get().at)


def take_twice() -> None:
    """A refund and a lost dispute of the same charge, both taken from the creator."""
    target = {chart.bank("usd"): -1000, "creator:mika:available:usd": 1000}
    settle(source="invoice:in_1", target=target, at=Entry.objects.get().at)


@pytest.mark.parametrize(
    ("write", "code"),
    [
        (forge_line_currency, "I1"),
        (forge_account, "I1"),
        (forge_amounts_that_still_balance, "I2"),
        (guards.lift, "I2"),
        (add_second_entry_of_a_step, "I3"),
        (overdraw_pending, "I5"),
        (take_twice, "I10"),
        (leave_unsealed, "I12"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_every_invariant_can_be_broken_and_is_found(write: Callable[[], object], code: str, noon: datetime) -> None:
    sound(noon)
    assert invariants.offenders() == {}
    if write is guards.lift:
        write()
    else:
        forge(write)
    assert code in invariants.offenders()


def test_a_check_belongs_to_an_invariant() -> None:
    with pytest.raises(ValueError, match="no invariant 'I99'"):
        invariants.proves("I99")


def test_an_outside_that_does_not_answer_proves_nothing(monkeypatch: pytest.MonkeyPatch, noon: datetime) -> None:
    def silent() -> list[str]:
        raise ConnectionError("no answer")

    check = invariants.Check("I7", "portal.ledger.outside.silent", silent, outside=True)
    monkeypatch.setattr(invariants, "CHECKS", {check.name: check})

    found = {finding.code: finding for finding in invariants.findings()}
    assert found["I7"].state == "unproved"
    assert found["I7"].unanswered == ["portal.ledger.outside.silent: no answer"]
    with transaction.atomic():
        assert invariants.offenders() == {}
