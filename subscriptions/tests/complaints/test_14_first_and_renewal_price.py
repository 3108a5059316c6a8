"""Complaint 14: another price for the first payment than for the renewals, and told before."""

from datetime import datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.actions.promos import add_promo
from subscriptions.models import Invoice, Tier
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")


def test_the_first_month_is_cheap_and_the_next_price_is_told_before_it_is_charged(
    box: Sandbox, sam: User, mika: Creator, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    add_promo(creator=mika, code="HELLO", percent=80, now=noon)
    join(sam, gold, code="HELLO")
    due = noon.replace(month=6)
    box.advance_to(due - timedelta(hours=20))
    deliver()
    with time_machine.travel(box.today(), tick=False):
        tasks.announce_dates()
        tasks.announce_dates()
    notice = Notice.objects.get(user=sam, kind="subscriptions.renewal_soon")
    assert "$10.00" in notice.subject
    box.advance_to(due + timedelta(hours=3))
    deliver()
    assert list(Invoice.objects.order_by("issued_at").values_list("gross_minor", flat=True)) == [200, 1_000]
