from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.memberships import cancel_membership, undo_cancellation
from subscriptions.models import Cancellation, Tier
from subscriptions.queries.leaving import cancellation_counts
from subscriptions.tests.conftest import Join


def test_reasons_are_counted_by_month_and_told_in_words(
    client: Client, mika: Creator, sam: User, lee: User, gold: Tier, join: Join, noon: datetime
) -> None:
    first, second = join(sam, gold), join(lee, gold)
    cancel_membership(membership=first, by=sam, now=noon, reason="unused", comment="<i>No time</i>")
    cancel_membership(membership=second, by=lee, now=noon)
    undo_cancellation(membership=second, by=lee, now=noon)
    counts = cancellation_counts(creator=mika, now=noon)
    rows = {code: (line[-1], total) for code, _label, line, total in counts.rows}
    assert len(counts.months) == 12 and len(rows) == 9
    assert (rows["unused"], rows["none"], rows["other"]) == ((1, 1), (1, 1), (0, 0))
    assert (counts.total, counts.undone) == (2, 1)
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        page = client.get("/studio/members/cancellations/").content.decode()
        assert "&lt;i&gt;No time" in page and "stayed after all" in page
        assert "No time" not in client.get("/studio/members/cancellations/?reason=none").content.decode()
        assert "No time" in client.get("/studio/members/cancellations/?reason=unused&month=2026-05").content.decode()


@pytest.mark.parametrize("query", ["reason=x", "month=x", "page=x"])
def test_a_wrong_address_narrows_nothing(client: Client, mika: Creator, query: str) -> None:
    client.force_login(mika.user)
    assert client.get(f"/studio/members/cancellations/?{query}").status_code == 200


def test_others_see_nothing(client: Client, noor: Creator, sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    cancel_membership(membership=join(sam, gold), by=sam, now=noon, comment="secret")
    assert Cancellation.objects.count() == 1
    assert client.get("/studio/members/cancellations/").status_code == 302
    client.force_login(noor.user)
    assert b"Nobody has left" in client.get("/studio/members/cancellations/").content
    assert client.post("/studio/members/cancellations/").status_code == 405
