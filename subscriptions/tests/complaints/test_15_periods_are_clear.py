"""Complaint 15: tiers as the creator wants them, and no more "which weeks did I pay for, and why so early?"."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.test import Client

from portal.accounts.models import Creator, User
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.models import Invoice, Tier
from subscriptions.tests.conftest import Join, make_tier
from subscriptions.tests.passing import live_until

pytestmark = pytest.mark.usefixtures("books_proved")


def test_the_times_paid_for_follow_each_other_without_gap_or_overlap_and_stand_on_the_receipt(
    client: Client, box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver
) -> None:
    """Joined on a 31st: paid on the last day of a shorter month, and on the 31st again where there is one."""
    box.advance_to(datetime(2026, 5, 31, 12, tzinfo=UTC))
    membership = join(sam, gold, now=box.today())
    live_until(box, deliver, datetime(2026, 9, 2, tzinfo=UTC))
    rows = list(Invoice.objects.order_by("period_start_at"))
    assert [f"{row.period_start_at:%m-%d}" for row in rows] == ["05-31", "06-30", "07-31", "08-31"]
    assert all(before.period_end_at == after.period_start_at for before, after in pairwise(rows))
    assert all(row.paid_at >= row.period_start_at for row in rows), "nobody pays before the time begins"
    client.force_login(sam)
    page = client.get(f"/me/receipts/{rows[1].public_id}/").content.decode()
    assert "June 30, 2026 – July 31, 2026" in page
    assert "Sept. 30, 2026" in client.get("/me/memberships/").content.decode()
    membership.refresh_from_db()
    assert f"{membership.next_charge_at:%Y-%m-%d}" == "2026-09-30"


def test_a_creator_names_and_fills_the_tiers_and_a_higher_one_holds_the_lower(
    client: Client, box: Sandbox, shares: None, mika: Creator, noon: datetime
) -> None:
    make_tier(mika, noon, name="Window seat", amount=350, kinds=("content",))
    make_tier(mika, noon, name="The whole train", amount=2_345, kinds=("custom",), description="All of it")
    page = client.get("/@mika/").content.decode()
    for words in ("Window seat", "$3.50", "The whole train", "$23.45"):
        assert words in page
