"""Kept balances: inserted once, equal to their lines, never in the way of a new line."""

from datetime import datetime, timedelta

import pytest

from portal.ledger import guards, invariants
from portal.ledger.actions import Unbalanced, close_batch, post
from portal.ledger.models import Batch, Line, Snapshot
from portal.ledger.queries import balance, balances, books

pytestmark = pytest.mark.django_db


def nonzero() -> dict[str, int]:
    return {code: amount for code, amount in balances().items() if amount}


def test_a_batch_keeps_every_balance(month: None, noon: datetime) -> None:
    batch = close_batch(now=noon)

    assert batch is not None
    assert batch.upto_line == Line.objects.latest("pk").pk
    assert dict(Snapshot.objects.values_list("account__code", "balance")) == balances()
    assert nonzero() == books()


def test_closing_twice_keeps_nothing_new(month: None, noon: datetime) -> None:
    close_batch(now=noon)
    assert close_batch(now=noon + timedelta(hours=1)) is None
    assert Batch.objects.count() == 1


def test_balances_stay_true_over_batches_and_the_lines_since(month: None, noon: datetime) -> None:
    close_batch(now=noon)
    lines = {"creator:mika:pending:usd": 300, "creator:mika:held:usd": -300}
    post(key="hold:1", kind="hold", lines=lines, at=noon)
    assert balance("creator:mika:pending:usd") == -1500
    close_batch(now=noon + timedelta(days=1))
    assert nonzero() == books()
    # Only what moved is kept again: an account that rests costs nothing.
    assert Batch.objects.latest("upto_line").snapshots.count() == 2

    post(key="hold:1:end", kind="hold", lines={code: -amount for code, amount in lines.items()}, at=noon)
    assert nonzero() == books()
    assert balance("creator:mika:held:usd") == 0
    close_batch(now=noon + timedelta(days=2))
    assert nonzero() == books()
    assert invariants.offenders("portal.ledger") == {}


def test_empty_books_have_no_batch(db: None, noon: datetime) -> None:
    assert close_batch(now=noon) is None


def test_a_stretch_that_does_not_balance_is_an_alarm(month: None, noon: datetime) -> None:
    guards.lift()
    Line.objects.filter(account__code="bank:usd").update(amount=-1)
    with pytest.raises(Unbalanced, match="9999"):
        close_batch(now=noon)
    assert not Batch.objects.filter(upto_line__gt=0).exclude(snapshots=None).exists()


def test_a_wrong_kept_balance_is_found(month: None, noon: datetime) -> None:
    close_batch(now=noon)
    guards.lift()
    Snapshot.objects.filter(account__code="bank:usd").update(balance=-9_999)
    guards.install()
    assert invariants.offenders("portal.ledger") == {"I13": ["bank:usd: kept -9999, its lines say -10000"]}
