"""Statements: one opens with what the other closed with, and all of them are the books."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from portal.accounts.models import Creator
from portal.ledger.invariants import findings
from portal.payouts.actions import runs
from portal.payouts.actions.statements import make_statements
from portal.payouts.models import PayoutRun, Statement
from portal.payouts.tests.conftest import Earn, GetReady
from portal.payouts.tests.test_payout_run import pay_day

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("till", "books_proved")]


def rows(creator: Creator) -> list[tuple[int, int, int, int]]:
    told = Statement.objects.filter(creator=creator).order_by("upto_line")
    return [(one.opening_minor, one.earned_minor, one.paid_minor, one.closing_minor) for one in told]


def test_from_payday_to_payday(
    client: Client, mika: Creator, noor: Creator, earn: Earn, get_ready: GetReady, noon: datetime
) -> None:
    get_ready(mika)
    earn(mika, 5_000)
    earn(mika, 700, bucket="pending")
    earn(noor, 300)
    pay_day(noon)
    pay_day(noon + timedelta(days=1))
    earn(mika, -200, fact="refund")
    earn(mika, 4_000)
    pay_day(noon + timedelta(days=31))

    assert rows(mika) == [(0, 5_700, 5_000, 700), (700, 3_800, 3_800, 700)]
    assert rows(noor) == [(0, 300, 0, 300)], "nothing moved, nothing to tell"
    client.force_login(mika.user)
    page = client.get("/studio/earnings/").content.decode()
    assert "From payday to payday" in page and "$57.00" in page


def test_telling_twice_tells_once(mika: Creator, earn: Earn, noon: datetime) -> None:
    earn(mika, 300)
    run = pay_day(noon)
    assert make_statements(run=run, now=noon) == 0
    assert rows(mika) == [(0, 300, 0, 300)]


def test_a_statement_that_does_not_follow_is_found(mika: Creator, earn: Earn, noon: datetime) -> None:
    earn(mika, 300)
    pay_day(noon)
    forged = Statement.objects.filter(creator=mika)
    forged.update(opening_minor=1, closing_minor=301)
    broken = {finding.code: finding.offenders for finding in findings(outside=False) if finding.offenders}
    assert set(broken) == {"I9"} and len(broken["I9"]) == 2
    with pytest.raises(runs.BooksAreNotProved, match="I9"):
        runs.open_run(now=noon + timedelta(days=31))
    forged.update(opening_minor=0, closing_minor=300)
    assert PayoutRun.objects.count() == 1
