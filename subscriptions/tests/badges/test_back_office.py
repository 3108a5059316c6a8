from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.badges import signing_key
from subscriptions.models import PassportKey, StreakShield, TenureMonth, Tier
from subscriptions.proration import add_months
from subscriptions.queries.passports import trusted_keys
from subscriptions.tests.badges.test_tenure import paid

ADMIN = "/admin/subscriptions"


@pytest.fixture
def office(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def test_every_list_opens(office: Client, sam: User, gold: Tier, noon: datetime) -> None:
    paid(sam, gold, noon, 1)
    signing_key(now=noon)
    for name in ("emoji", "emojiversion", "emojipoints", "tenuremonth", "founder", "streakshield", "passportkey",
                 "tierpromise", "promiseoutcome"):  # fmt: skip
        assert office.get(f"{ADMIN}/{name}/").status_code == 200, name


def test_staff_raise_a_shield_and_it_is_on_record(
    office: Client, staff: User, sam: User, gold: Tier, noon: datetime
) -> None:
    paid(sam, gold, noon, 2)
    fault = add_months(noon, 2)
    paid(sam, gold, fault + timedelta(days=10), 1)
    with time_machine.travel(fault + timedelta(days=12), tick=False):
        values = {
            "from_at_0": f"{fault - timedelta(days=1):%Y-%m-%d}", "from_at_1": "00:00",
            "until_at_0": f"{fault + timedelta(days=11):%Y-%m-%d}", "until_at_1": "00:00",
            "creator": "", "reason": "Renewals stood still",
        }  # fmt: skip
        assert office.post(f"{ADMIN}/streakshield/add/", values | {"reason": ""}).status_code == 200
        assert office.post(f"{ADMIN}/streakshield/add/", values | {"until_at_0": "2020-01-01"}).status_code == 200
        assert StreakShield.objects.count() == 0
        assert office.post(f"{ADMIN}/streakshield/add/", values).status_code == 302
    shield = StreakShield.objects.get()
    assert (shield.raised_by, shield.reason, shield.shielded.count()) == (staff, "Renewals stood still", 1)
    assert TenureMonth.objects.filter(kind="restored").count() == 1
    assert LogEntry.objects.filter(user=staff, object_id=str(shield.pk)).exists()
    assert "Renewals stood still" in office.get(f"{ADMIN}/streakshield/{shield.pk}/change/").content.decode()
    assert office.post(f"{ADMIN}/streakshield/{shield.pk}/change/", values).status_code == 403


def test_staff_begin_and_withdraw_keys(office: Client, mika: Creator, noon: datetime) -> None:
    first, _seed = signing_key(now=noon)
    office.post(f"{ADMIN}/passportkey/", {"action": "begin_new", "_selected_action": first.pk})
    assert list(PassportKey.objects.values_list("generation", flat=True)) == [2, 1]
    office.post(f"{ADMIN}/passportkey/", {"action": "withdraw", "_selected_action": first.pk})
    assert first.key_id not in trusted_keys() and len(trusted_keys()) == 1
    assert LogEntry.objects.count() == 2


def test_others_stay_outside(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.get(f"{ADMIN}/streakshield/").status_code == 302
