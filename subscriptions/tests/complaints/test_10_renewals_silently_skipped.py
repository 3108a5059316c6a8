"""Complaint 10: one bad row crashed the daily job, renewals were skipped for two weeks, and nobody was told."""

from datetime import datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.sandbox.engine import Sandbox
from portal.testing.cast import person
from subscriptions import tasks
from subscriptions.models import Alarm, Charge, Invoice, Tier
from subscriptions.tests.conftest import Join


def test_one_poisoned_row_among_fifty_stops_nothing_and_is_an_alarm(
    sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    """Fifty payments mature tonight; one of them cannot be booked at all."""
    membership = join(sam, gold)
    first = Invoice.objects.get()
    others = [
        Invoice(
            stripe_id=f"in_{number}",
            stripe_subscription_id=f"sub_{number}",
            membership=membership,
            price=first.price,
            share=first.share,
            status=Invoice.Status.PAID,
            currency="usd" if number else "no currency"[:3] + "!",
            gross_minor=1_000,
            charge=Charge.objects.create(stripe_id=f"ch_{number}"),
            period_start_at=noon,
            period_end_at=noon + timedelta(days=30),
            issued_at=noon,
            # The poisoned one is the oldest: it comes first.
            paid_at=noon - timedelta(minutes=60 - number),
        )
        for number in range(49)
    ]
    others[0].currency = "?"
    Invoice.objects.bulk_create(others)
    with time_machine.travel(noon + timedelta(days=8), tick=False):
        tasks.mature_invoices()
    assert Invoice.objects.filter(matured_at__isnull=False).count() == 49
    poisoned = Invoice.objects.get(stripe_id="in_0")
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.about) == (Alarm.Kind.UNREADABLE, f"invoice:{poisoned.pk}")
    assert books("creator:") == {"creator:mika:available:usd": -49 * 900}


@pytest.mark.usefixtures("books_proved")
def test_a_missed_renewal_is_an_alarm_within_75_minutes(
    box: Sandbox, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    """The alarm needs no event, no answer of the provider and no luck: it counts what was due."""
    for number in range(3):
        join(person(f"Fan{number}"), gold)
    membership = join(sam, gold)
    due = membership.period_end_at
    assert due is not None
    box.faults.add("server_error", path="/v1/subscriptions/*", times=50)
    for minutes in range(0, 76, 5):
        with time_machine.travel(due + timedelta(minutes=minutes), tick=False):
            tasks.watch_renewals()
    raised = list(Alarm.objects.filter(kind=Alarm.Kind.RENEWAL_MISSED).values_list("raised_at", flat=True))
    assert len(raised) == 4
    assert max(raised) - due <= timedelta(minutes=75)
