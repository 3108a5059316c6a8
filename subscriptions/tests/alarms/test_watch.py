"""What should be and is not raises an alarm in time, and resolves itself."""

from datetime import datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import User
from portal.sandbox.engine import Sandbox
from portal.testing.cast import person
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.actions.memberships import cancel_membership
from subscriptions.models import Alarm, Grant, Invoice, Membership, Tier
from subscriptions.queries.alarms import LATE
from subscriptions.tests.conftest import Join
from subscriptions.tests.passing import fail_renewal

Kind = Alarm.Kind


def look(moment: datetime) -> list[tuple[str, str]]:
    with time_machine.travel(moment, tick=False):
        tasks.watch_renewals()
    return sorted(Alarm.objects.filter(resolved_at__isnull=True).values_list("kind", "about"))


def test_a_renewal_that_did_not_happen_is_an_alarm_within_75_minutes(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    """The provider's clock stands still: nothing comes from there, and that is what must be noticed."""
    membership = join(sam, gold)
    due = membership.period_end_at
    assert due is not None
    assert look(due + LATE - timedelta(seconds=1)) == []
    missed = [(Kind.RENEWAL_MISSED, f"membership:{membership.public_id}")]
    assert look(due + timedelta(minutes=70)) == missed
    assert look(due + timedelta(minutes=75)) == missed
    assert Alarm.objects.get().since_at == due
    # It happens after all, and its events arrive.
    box.advance_to(due + timedelta(hours=2))
    deliver()
    assert look(due + timedelta(hours=2)) == []
    assert Alarm.objects.get().resolved_at == due + timedelta(hours=2)


def test_lost_events_are_fetched_before_anybody_is_alarmed(
    box: Sandbox, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    """The provider renewed it and its events never came: we ask, and all is well."""
    membership = join(sam, gold)
    due = membership.period_end_at
    assert due is not None
    box.advance_to(due + timedelta(minutes=70))
    assert look(due + timedelta(minutes=70)) == []
    membership.refresh_from_db()
    assert membership.period_end_at == noon.replace(month=7)
    assert Invoice.objects.filter(status="paid").count() == 2


def test_an_end_that_did_not_come(sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    membership = join(sam, gold)
    cancel_membership(membership=membership, by=sam, now=noon)
    due = membership.period_end_at
    assert due is not None
    assert look(due + timedelta(minutes=70)) == [(Kind.END_MISSED, f"membership:{membership.public_id}")]


def test_an_unpaid_renewal_that_nobody_tried(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    join(sam, gold)
    due = noon.replace(month=6)
    fail_renewal(box, sam, due, deliver)
    invoice = Invoice.objects.get(status="open")
    moment = box.today() + timedelta(days=3)
    box.advance_to(moment)
    assert look(moment) == [(Kind.UNTRIED, f"invoice:{invoice.stripe_id}")]
    with time_machine.travel(moment, tick=False):
        tasks.collect_due()
    assert look(moment) == []


def test_a_paid_door_without_a_payment(sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    join(sam, gold)
    Invoice.objects.update(status="void")
    grant = Grant.objects.get(kind=Grant.Kind.PAID)
    assert look(noon + timedelta(minutes=9)) == []
    assert look(noon + timedelta(minutes=10)) == [(Kind.OPEN_UNPAID, f"grant:{grant.pk}")]


def test_a_payment_that_opened_nothing(sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    join(sam, gold)
    Grant.objects.filter(kind=Grant.Kind.PAID).delete()
    invoice = Invoice.objects.get()
    assert look(noon + timedelta(minutes=9)) == []
    assert look(noon + timedelta(minutes=11)) == [(Kind.PAID_CLOSED, f"invoice:{invoice.stripe_id}")]


def test_one_poisoned_row_among_fifty_stops_nothing(
    box: Sandbox, gold: Tier, join: Join, sam: User, noon: datetime
) -> None:
    """Fifty renewals are late here, and one cannot even be read: the other 49 are brought up to date all the same."""
    membership = join(sam, gold)
    due = membership.period_end_at
    assert due is not None
    for number in range(49):
        join(person(f"Fan{number}"), gold)
    box.advance_to(due + timedelta(minutes=70))
    # What the provider tells of it has no items: whoever reads it meets an error that nobody foresaw.
    with box.deed():
        box.get(membership.stripe_subscription_id, "subscription")["items"]["data"] = []
    found = look(due + timedelta(minutes=70))
    assert Membership.objects.filter(period_end_at=noon.replace(month=7)).count() == 49
    assert (Kind.RENEWAL_MISSED, f"membership:{membership.public_id}") in found
    assert {kind for kind, _about in found} == {Kind.RENEWAL_MISSED, Kind.UNREADABLE}
    assert len(found) == 2


@pytest.mark.django_db
def test_looking_at_nothing_is_harmless(noon: datetime) -> None:
    assert look(noon) == look(noon) == []
