from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.testing.cast import person
from subscriptions.actions.memberships import cancel_membership
from subscriptions.feed import payment_feed
from subscriptions.models import CalendarFeed, Membership, Tier, TierPrice
from subscriptions.queries.calendar import grouped_by_year, payment_calendar, upcoming
from subscriptions.tests.conftest import Join


@pytest.fixture
def plate(mika: Creator, noon: datetime) -> Tier:
    tier = Tier.objects.create(creator=mika, name="Plate", rank=1, created_at=noon)
    for interval, amount in (("month", 500), ("year", 5_000)):
        TierPrice.objects.create(
            tier=tier, version=1, interval=interval, amount_minor=amount, currency="usd", effective_at=noon
        )
    return tier


def membership(tier: Tier, interval: str, due: datetime, **fields: Any) -> Membership:
    return Membership.objects.create(
        fan=person(f"Fan{Membership.objects.count()}"),
        creator=tier.creator,
        tier=tier,
        price=tier.prices.get(interval=interval),
        joined_at=due - timedelta(days=60),
        period_end_at=due,
        anchor_day=fields.pop("anchor_day", due.day),
        status=fields.pop("status", "active"),
        **fields,
    )


def days(row: Membership, now: datetime, months: int = 12) -> list[str]:
    until = now + timedelta(days=months * 30.5)
    return [
        f"{charge.at:%Y-%m-%d} {charge.amount_minor} {charge.note}".strip()
        for charge in upcoming(row, now=now, until=until)
    ]


def test_the_thirty_first_survives_short_months(plate: Tier, noon: datetime) -> None:
    row = membership(plate, "month", datetime(2026, 5, 31, 9, tzinfo=UTC))
    assert days(row, noon, 4) == ["2026-05-31 500", "2026-06-30 500", "2026-07-31 500", "2026-08-31 500"]
    yearly = membership(plate, "year", datetime(2026, 6, 1, 9, tzinfo=UTC))
    assert days(yearly, noon) == ["2026-06-01 5000"]


def test_what_ends_pauses_or_begins_with_a_trial_is_told(plate: Tier, noon: datetime) -> None:
    due = datetime(2026, 6, 10, 9, tzinfo=UTC)
    assert days(membership(plate, "month", due, cancel_at_period_end=True), noon) == []
    assert days(membership(plate, "month", due, status="canceled"), noon) == []
    assert days(membership(plate, "month", due, status="trialing"), noon, 2) == [
        "2026-06-10 500 trial",
        "2026-07-10 500",
    ]
    paused = membership(plate, "month", due, status="paused", resumes_at=datetime(2026, 7, 10, 9, tzinfo=UTC))
    assert days(paused, noon, 3) == ["2026-07-10 500 resumed", "2026-08-10 500"]


def test_a_fan_sees_the_months_and_their_sums(
    client: Client, sam: User, mika: Creator, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    found = payment_calendar(fan=sam, now=noon)
    assert len(found.charges) == 12
    assert found.totals == {"usd": 12_000}
    assert {year: dict(sums) for year, sums in grouped_by_year(found.months).items()} == {
        2026: {"usd": 7_000},
        2027: {"usd": 5_000},
    }
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        page = client.get("/me/calendar/").content.decode()
    assert "$120.00" in page and "June 2026" in page and "$70.00" in page


def test_a_cancelled_membership_is_not_charged_again(
    client: Client, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    cancel_membership(membership=join(sam, gold), by=sam, now=noon)
    found = payment_calendar(fan=sam, now=noon)
    assert (found.charges, found.totals, len(found.ending)) == ([], {}, 1)
    client.force_login(sam)
    assert b"is not charged again" in client.get("/me/calendar/").content


def test_the_private_address_serves_a_calendar_until_a_new_one_is_made(
    client: Client, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    client.force_login(sam)
    assert client.post(reverse("calendar_feed")).status_code == 302
    token = CalendarFeed.objects.get().token
    client.logout()
    with time_machine.travel(noon, tick=False):
        answer = client.get(reverse("calendar_file", args=[token]))
    lines = answer.content.decode().split("\r\n")
    assert answer["Content-Type"].startswith("text/calendar")
    assert lines.count("BEGIN:VEVENT") == 12 and "DTSTART;VALUE=DATE:20260615" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    client.force_login(sam)
    client.post(reverse("calendar_feed"))
    client.logout()
    assert client.get(reverse("calendar_file", args=[token])).status_code == 404
    assert client.get("/calendars/none.ics").status_code == 404


def test_words_cannot_break_out_of_the_feed(sam: User, plate: Tier, noon: datetime) -> None:
    Tier.objects.filter(pk=plate.pk).update(name="A;b,c\nEND:VCALENDAR" + "ü" * 20)
    row = membership(plate, "month", noon + timedelta(days=1))
    row = Membership.objects.select_related("price__tier", "creator").get(pk=row.pk)
    text = payment_feed(upcoming(row, now=noon, until=noon + timedelta(days=2)), now=noon)
    assert text.count("END:VCALENDAR\r\n") == 1 and "A\\;b\\,c\\nEND" in text.replace("\r\n ", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_only_who_is_signed_in_and_asks_rightly(client: Client, lee: User) -> None:
    assert client.get("/me/calendar/").status_code == 302
    client.force_login(lee)
    assert b"Nothing will be charged" in client.get("/me/calendar/").content
    assert client.get(reverse("calendar_feed")).status_code == 405
    assert client.post("/me/calendar/").status_code == 405
