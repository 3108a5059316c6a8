"""Several workers at once: uniques decide, nobody waits for an account, no line slips past a batch or a seal."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from threading import Barrier, Event, Thread

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from portal.ledger import guards, invariants
from portal.ledger.actions import KeyReused, close_batch, post, settle
from portal.ledger.models import Account, Batch, Entry, Line, Seal, Source
from portal.ledger.queries import balances, books

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Run each deed in a thread with a database connection of its own, started together; results or exceptions."""
    start = Barrier(len(deeds))
    results: list[object] = [None] * len(deeds)

    def work(number: int, deed: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            start.wait(10)
            results[number] = deed()
        except Exception as error:  # noqa: BLE001  whatever it is, the test looks at it
            results[number] = error
        finally:
            connection.close()

    threads = [Thread(target=work, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def needs_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: the race cannot happen")


def transfer(amount: int, one: str = "stripe:usd", other: str = "bank:usd") -> dict[str, int]:
    return {one: amount, other: -amount}


def test_one_key_from_many_workers_is_one_entry(noon: datetime) -> None:
    deeds = [lambda: post(key="topup:1", kind="topup", lines=transfer(5), at=noon).pk] * WORKERS
    for _ in range(5):
        found = at_once(*deeds)
        assert len(set(found)) == 1, found
    assert books() == transfer(5)
    assert Entry.objects.count() == 1


def test_one_key_with_other_lines_has_one_winner(noon: datetime) -> None:
    def deed(amount: int) -> Callable[[], object]:
        return lambda: post(key="topup:1", kind="topup", lines=transfer(amount), at=noon)

    found = at_once(*(deed(amount) for amount in range(1, WORKERS + 1)))
    assert Counter(type(result) for result in found) == {Entry: 1, KeyReused: WORKERS - 1}
    assert Entry.objects.count() == 1


def test_one_source_settled_by_many_workers_is_posted_once(noon: datetime) -> None:
    for kept in (1000, 600, 800):
        found = at_once(*[lambda kept=kept: settle(source="invoice:1", target=transfer(kept), at=noon)] * WORKERS)
        assert sum(isinstance(result, Entry) for result in found) == 1, found
        assert books() == transfer(kept)
    assert Source.objects.get().version == Entry.objects.count() == 3


def test_workers_that_saw_other_facts_leave_sound_books(noon: datetime) -> None:
    """Facts and settlement share a transaction, so the last one in has the last word; never a sum of two."""

    def deed(amount: int) -> Callable[[], object]:
        return lambda: settle(source="invoice:1", target=transfer(amount), at=noon)

    found = at_once(*(deed(amount) for amount in range(1, WORKERS + 1)))
    assert all(isinstance(result, Entry) for result in found), found
    assert books()["stripe:usd"] in range(1, WORKERS + 1)
    assert Source.objects.get().version == Entry.objects.count() == WORKERS
    assert invariants.offenders("portal.ledger") == {}


def test_the_first_use_of_accounts_by_many_workers(noon: datetime) -> None:
    """Each opens the same two accounts, named in turn one way and the other: nobody waits in a circle."""

    def deed(turn: int, number: int) -> Callable[[], object]:
        codes = (f"creator:c{turn}:pending:usd", f"creator:c{turn}:held:usd")
        one, other = codes if number % 2 else codes[::-1]
        return lambda: post(key=f"move:{turn}:{number}", kind="move", lines=transfer(number + 1, one, other), at=noon)

    for turn in range(5):
        found = at_once(*(deed(turn, number) for number in range(WORKERS)))
        assert all(isinstance(result, Entry) for result in found), found
    assert Account.objects.count() == 10
    assert Entry.objects.count() == 5 * WORKERS


def test_a_hot_account_is_never_locked(noon: datetime) -> None:
    needs_postgresql()
    post(key="topup:0", kind="topup", lines=transfer(5), at=noon)

    def another() -> Entry:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
        return post(key="topup:2", kind="topup", lines=transfer(3), at=noon)

    with transaction.atomic():
        post(key="topup:1", kind="topup", lines=transfer(7), at=noon)
        (found,) = at_once(another)
    assert isinstance(found, Entry), found
    assert books() == transfer(15)


def test_a_batch_waits_for_lines_that_are_on_their_way(noon: datetime) -> None:
    """Ids are handed out before commits: the lower id may come in after the higher one."""
    needs_postgresql()
    written, closing = Event(), Event()

    def slow() -> None:
        with transaction.atomic():
            post(key="slow:1", kind="slow", lines=transfer(7), at=noon)
            written.set()
            closing.wait(10)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.5)")

    def quick() -> Entry:
        written.wait(10)
        return post(key="quick:1", kind="quick", lines=transfer(3), at=noon)

    def closer() -> Batch | None:
        written.wait(10)
        while not Entry.objects.filter(key="quick:1").exists():
            pass
        closing.set()
        return close_batch(now=noon)

    *_, batch = at_once(slow, quick, closer)
    assert isinstance(batch, Batch), batch
    lines = dict(Line.objects.values_list("entry__key", "pk"))
    assert lines["slow:1"] < lines["quick:1"] == batch.upto_line
    assert balances() == books() == transfer(10)
    assert invariants.offenders("portal.ledger") == {}


def test_a_batch_gives_up_rather_than_stop_everybody(noon: datetime) -> None:
    needs_postgresql()
    with transaction.atomic():
        post(key="slow:1", kind="slow", lines=transfer(7), at=noon)
        (found,) = at_once(lambda: close_batch(now=noon))
    assert isinstance(found, OperationalError)
    assert close_batch(now=noon) is not None


def test_two_batches_at_once_keep_true_balances(noon: datetime) -> None:
    for number in range(5):
        post(key=f"topup:{number}", kind="topup", lines=transfer(number + 1), at=noon)
        at_once(*[lambda: close_batch(now=noon)] * 2)
    close_batch(now=noon)
    assert balances() == books() == transfer(15)
    assert invariants.offenders("portal.ledger") == {}


def test_a_seal_and_a_late_line_cannot_pass_each_other(noon: datetime) -> None:
    """An entry left open by a fault: one worker adds a line while another one seals."""
    needs_postgresql()
    stripe, bank = (Account.objects.create(code=code, currency="usd") for code in ("stripe:usd", "bank:usd"))

    def opened(key: str) -> Entry:
        made = Entry.objects.create(key=key, kind="raw", at=noon, digest="")
        for account, amount in ((stripe, 5), (bank, -5)):
            Line.objects.create(entry=made, account=account, amount=amount, currency="usd")
        return made

    first = opened("raw:1")
    with transaction.atomic():
        Line.objects.create(entry=first, account=stripe, amount=1, currency="usd")
        sealing = _later(lambda: Seal.objects.create(entry=first))
        _until_somebody_waits()
    assert guards.UNBALANCED in str(sealing())

    second = opened("raw:2")
    with transaction.atomic():
        Seal.objects.create(entry=second)
        adding = _later(lambda: Line.objects.create(entry=second, account=stripe, amount=1, currency="usd"))
        _until_somebody_waits()
    refused = adding()
    assert isinstance(refused, IntegrityError)
    assert guards.LATE in str(refused)


def _later(deed: Callable[[], object]) -> Callable[[], object]:
    found: list[object] = []
    thread = Thread(target=lambda: found.extend(at_once(deed)))
    thread.start()

    def result() -> object:
        thread.join(30)
        return found[0]

    return result


def _until_somebody_waits() -> None:
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waits")
