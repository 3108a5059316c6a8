import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.ledger.actions import settle
from portal.ledger.queries import books
from portal.sandbox.engine import Sandbox
from portal.testing.cast import person
from portal.testing.stripe import Deliver
from subscriptions.actions.memberships import cancel_membership
from subscriptions.actions.refunds import refund_invoice
from subscriptions.models import Invoice, Membership, MembershipStep, MrrEvent, Tier, TierPrice
from subscriptions.queries.revenue import cohorts, net_months, revenue_by_tier, revenue_months
from subscriptions.tests.conftest import Join


@pytest.fixture
def plate(mika: Creator, noon: datetime) -> Tier:
    tier = Tier.objects.create(creator=mika, name="Plate", rank=1, created_at=noon)
    TierPrice.objects.create(tier=tier, version=1, amount_minor=500, currency="usd", effective_at=noon)
    return tier


def life(tier: Tier, name: str, *changes: tuple[date, int]) -> Membership:
    """A member whose monthly revenue became so much on each of the days."""
    price, mrr = tier.prices.get(), 0
    membership = Membership.objects.create(
        fan=person(name), creator=tier.creator, tier=tier, price=price, joined_at=_noon(changes[0][0]), status="active"
    )
    for number, (day, brings) in enumerate(changes, start=1):
        kind = "new" if number == 1 else "churn" if not brings else "reactivation" if not mrr else "expansion"
        MrrEvent.objects.create(
            key=f"mrr:{membership.public_id}:{number}",
            membership=membership,
            creator=tier.creator,
            kind="contraction" if kind == "expansion" and brings < mrr else kind,
            at=_noon(day),
            tier=tier,
            currency="usd",
            delta_minor=brings - mrr,
            mrr_minor=brings,
        )
        mrr = brings
    return membership


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


MARCH, APRIL, MAY = date(2026, 3, 5), date(2026, 4, 5), date(2026, 5, 5)


def test_months_open_with_what_the_one_before_closed_with(mika: Creator, plate: Tier, noon: datetime) -> None:
    life(plate, "Ana", (MARCH, 500), (APRIL, 1_000))
    life(plate, "Ben", (MARCH, 500), (APRIL, 0), (MAY, 500))
    life(plate, "Chi", (APRIL, 1_000), (MAY, 500))
    months = revenue_months(creator=mika, currency="usd", now=noon)
    assert [(row.month.month, row.opening_minor, dict(row.moved), row.closing_minor) for row in months] == [
        (3, 0, {"new": 1_000}, 1_000),
        (4, 1_000, {"new": 1_000, "expansion": 500, "churn": -500}, 2_000),
        (5, 2_000, {"contraction": -500, "reactivation": 500}, 2_000),
    ]
    assert [(row.members_before, row.members_after, row.churn_bp) for row in months] == [
        (0, 2, None),
        (2, 2, 5_000),
        (2, 3, 0),
    ]


def test_a_cohort_keeps_its_size_and_its_place(mika: Creator, plate: Tier, noon: datetime) -> None:
    life(plate, "Ana", (MARCH, 500))
    life(plate, "Ben", (MARCH, 500), (APRIL, 0), (MAY, 500))
    life(plate, "Chi", (APRIL, 500), (MAY, 0))
    kept = cohorts(creator=mika, now=noon, months=3)
    assert kept.rows == [(date(2026, 3, 1), 2, [10_000, 5_000, 10_000]), (date(2026, 4, 1), 1, [10_000, 0])]
    assert kept.curve == [10_000, 3_333, 10_000]


def test_what_the_payments_became_is_read_from_the_books(
    mika: Creator, sam: User, staff: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    refund_invoice(invoice=Invoice.objects.get(), amount_minor=400, by=staff, now=noon)
    (row,) = net_months(creator=mika, currency="usd")
    assert (row.came, row.back, row.creator, row.platform, row.provider, row.tax, row.other) == (
        1_000,
        400,
        540,
        1,
        59,
        0,
        0,
    )
    assert books() == {
        "stripe:usd": 541,
        "expense:stripe_fee:usd": 59,
        "income:platform_fee:usd": -60,
        "creator:mika:pending:usd": -540,
    }


def test_the_page_tells_every_number_and_leads_to_its_rows(
    client: Client, box: Sandbox, deliver: Deliver, mika: Creator, sam: User, lee: User, gold: Tier, join: Join
) -> None:
    noon = box.today()
    membership = join(sam, gold)
    join(lee, gold)
    cancel_membership(membership=membership, by=sam, now=noon, reason="unused")
    (row,) = revenue_by_tier(creator=mika, currency="usd")
    assert (row.members, row.mrr_minor, row.ending, row.at_risk_minor) == (2, 2_000, 1, 1_000)
    box.advance_to(noon + timedelta(days=32))
    deliver()
    client.force_login(mika.user)
    with time_machine.travel(box.today(), tick=False):
        text = client.get("/studio/revenue/").content.decode()
        rows = client.get("/studio/revenue/changes/?month=2026-06&kind=churn").content.decode()
        sheet = client.get("/studio/revenue/export/").content.decode("utf-8-sig")
    for shown in ("$10.00", "50%", "Gold", "month=2026-06&amp;kind=churn", "How each number is made"):
        assert shown in text
    assert "Sam" in rows and "Lee" not in rows and "-$10.00" in rows
    may, june = csv.DictReader(io.StringIO(sheet))
    assert (may["month"], may["new_minor"], may["new_count"], may["mrr_after_minor"]) == (
        "2026-05",
        "2000",
        "2",
        "2000",
    )
    assert (june["churn_minor"], june["churn_bp"], june["paid_minor"]) == ("-1000", "5000", "1000")
    assert MembershipStep.objects.filter(membership=membership).count() >= 3


def test_with_nobody_it_says_how_to_begin(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    assert b"No revenue yet" in client.get("/studio/revenue/").content
    assert client.get("/studio/revenue/export/").status_code == 200


def test_others_see_nothing_of_it(client: Client, sam: User, noor: Creator, gold: Tier, join: Join) -> None:
    join(sam, gold)
    for path in ("/studio/revenue/", "/studio/revenue/changes/", "/studio/revenue/export/"):
        client.logout()
        assert client.get(path)["Location"].startswith("/accounts/login/")
        client.force_login(noor.user)
        assert b"Sam" not in client.get(path).content
        assert client.post(path).status_code == 405


@pytest.mark.parametrize("query", ["month=2026-13", "month=x", "kind=x", "currency=zzzz", "page=99", "month=9999-99"])
def test_a_wrong_address_narrows_nothing(client: Client, mika: Creator, query: str) -> None:
    client.force_login(mika.user)
    assert client.get(f"/studio/revenue/changes/?{query}").status_code == 200
    assert client.get(f"/studio/revenue/?{query}").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(
    mika: Creator, plate: Tier, noon: datetime, count: int, django_assert_num_queries: object
) -> None:
    for n in range(count):
        life(plate, f"Fan{n}", (MARCH, 500))
    with django_assert_num_queries(7):  # type: ignore[operator]
        assert len(revenue_months(creator=mika, currency="usd", now=noon)) == 3
        assert cohorts(creator=mika, now=noon).rows
        assert revenue_by_tier(creator=mika, currency="usd")
        assert net_months(creator=mika, currency="usd") == []


def test_what_was_paid_once_is_among_what_the_payments_became(mika: Creator, noon: datetime) -> None:
    pocket = f"creator:{mika.public_id}:held:usd"
    settle(
        source="purchase:gift1",
        target={"stripe:usd": 941, "expense:stripe_fee:usd": 59, "income:platform_fee:usd": -100, pocket: -900},
        at=noon,
    )
    settle(source="rewards:1", target={"expense:rewards:usd": 50, pocket: -50}, at=noon)
    (row,) = net_months(creator=mika, currency="usd")
    assert (row.came, row.creator, row.provider, row.platform) == (1_000, 900, 59, 41)
