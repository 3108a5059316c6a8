"""Open disputes, the most urgent first, at the same price however many there are."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import User
from subscriptions.models import Charge, ChargeDispute, DisputeAnswer


def disputed(number: int, staff: User, noon: datetime, status: str = "needs_response") -> ChargeDispute:
    charge = Charge.objects.create(stripe_id=f"ch_{status}_{number}")
    due_at = noon + timedelta(days=9 - number)
    values: dict[str, Any] = {"amount_minor": 500, "status": status, "rank": 1, "due_at": due_at}
    dispute = ChargeDispute.objects.create(stripe_id=f"dp_{status}_{number}", charge=charge, **values)
    if number % 2:
        DisputeAnswer.objects.create(dispute=dispute, kind="evidence", decided_by=staff, decided_at=noon, sent_at=noon)
    return dispute


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_at_any_length(
    client: Client, staff: User, noon: datetime, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        for status in ("needs_response", "won"):
            disputed(number, staff, noon, status)
    client.force_login(staff)
    with django_assert_num_queries(13):
        page = client.get("/staff/disputes/").content.decode()
    assert page.count("dp_needs_response_") == 2 * count
    assert page.count("dp_won_") == 2 * count
