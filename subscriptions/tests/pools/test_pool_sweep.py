"""The jobs of pools: a silent provider, a kill in the middle, a row that cannot be worked on."""

from datetime import datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from portal.payments.actions import ProviderIsSilent
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.actions.alarms import watch
from subscriptions.actions.pool_returns import return_seats
from subscriptions.actions.pools import call_off_pool
from subscriptions.actions.refunds import refund_invoice
from subscriptions.models import Alarm, GiftPool, PoolSeat, RefundOrder
from subscriptions.tests.pools.conftest import Fund, Sweep, enter_many, offers

pytestmark = pytest.mark.usefixtures("books_proved")
ALL_BACK = {"expense:stripe_fee:usd": 59, "stripe:usd": -59}


@pytest.mark.parametrize("fault", ["timeout_after_commit", "server_error", "rate_limit"])
def test_a_lost_answer_is_asked_for_again_and_nothing_goes_back_twice(
    sam: User,
    mika: Creator,
    pool: GiftPool,
    fund: Fund,
    sweep: Sweep,
    box: Sandbox,
    deliver: Deliver,
    noon: datetime,
    fault: str,
) -> None:
    funding = fund(sam, pool, 2)
    call_off_pool(pool=pool, by=mika.user, reason="No", now=noon)
    box.faults.add(fault, path="/v1/refunds", times=9)
    with pytest.raises(ProviderIsSilent):
        return_seats(funding=funding, now=noon)
    order = RefundOrder.objects.get()
    assert (order.amount_minor, order.state) == (1_000, "asked")
    assert [seat.return_order for seat in PoolSeat.objects.all()] == [order, order]
    box.faults.clear()
    for minutes in (5, 10):
        sweep(noon + timedelta(minutes=minutes))
        with time_machine.travel(noon + timedelta(minutes=minutes), tick=False):
            tasks.sweep_offers()
    deliver()
    assert (RefundOrder.objects.get().state, len(box.all("refund")), books()) == ("done", 1, ALL_BACK)
    pool.refresh_from_db()
    assert pool.finished_at is not None


def test_one_bad_pool_stops_no_other(
    sam: User, pool: GiftPool, first_come: GiftPool, fund: Fund, sweep: Sweep, noon: datetime
) -> None:
    fund(sam, pool, 1)
    fund(sam, first_come, 2, now=noon + timedelta(minutes=2))
    enter_many(first_come, 1, noon)
    GiftPool.objects.filter(pk=pool.pk).update(commitment="0" * 64)
    sweep(noon + timedelta(days=3))
    sweep(noon + timedelta(days=3, hours=1))
    assert sorted(seat.state for seat in PoolSeat.objects.filter(funding__pool=first_come)) == ["returned", "waiting"]
    about = Alarm.objects.filter(resolved_at__isnull=True).values_list("about", flat=True)
    assert list(about) == [f"giftpool:{pool.pk}"]
    assert (offers(pool), PoolSeat.objects.get(funding__pool=pool).state) == ([], "waiting")


def test_money_that_a_bank_sends_back_is_an_alarm_until_it_is_gone(
    sam: User, mika: Creator, pool: GiftPool, fund: Fund, sweep: Sweep, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    funding = fund(sam, pool, 2)
    assert funding.purchase is not None
    call_off_pool(pool=pool, by=mika.user, reason="No", now=noon)
    sweep(noon)
    assert (books(), watch(now=noon)) == (ALL_BACK, [])
    box.fail_refund(box.all("refund")[0]["id"])
    deliver()
    assert books()["creator:mika:held:usd"] == -900
    (alarm,) = watch(now=noon)
    assert (alarm.kind, alarm.sentence) == ("seat_stuck", "2 seats should have gone back to Sam and did not.")
    refund_invoice(invoice=funding.purchase, amount_minor=None, by=None, now=noon)
    deliver()
    assert (books(), watch(now=noon)) == (ALL_BACK, [])
