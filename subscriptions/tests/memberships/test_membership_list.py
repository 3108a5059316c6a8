from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.testing.cast import creator, person
from subscriptions.actions.grants import give_grant
from subscriptions.models import Grant, Invoice, Membership, RevenueShare, Tier, TierPrice
from subscriptions.queries.memberships import fan_summary, membership_cards
from subscriptions.tests.conftest import Join


def test_it_tells_the_next_charge_and_the_receipts(
    client: Client, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        page = client.get("/me/memberships/").content.decode()
    receipt = Invoice.objects.get()
    for text in (
        "Mika",
        "Gold",
        "June 15, 2026",
        f"/me/receipts/{receipt.public_id}/",
        f"/{membership.public_id}/cancel",
    ):
        assert text in page
    assert fan_summary(user=sam, now=noon).next_charge == membership


def test_a_gift_of_staff_is_shown_with_its_reason(
    client: Client, sam: User, staff: User, gold: Tier, noon: datetime
) -> None:
    give_grant(fan=sam, kind=Grant.Kind.STAFF, by=staff, reason="The stream broke.", now=noon, tier=gold)
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        assert b"The stream broke." in client.get("/me/memberships/").content


def test_it_is_empty_for_strangers_to_every_creator(client: Client, lee: User) -> None:
    assert client.get("/me/memberships/").status_code == 302
    client.force_login(lee)
    assert b"No membership yet" in client.get("/me/memberships/").content
    assert client.post("/me/memberships/").status_code == 405


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(
    sam: User, shares: None, noon: datetime, count: int, django_assert_num_queries: object
) -> None:
    for n in range(count):
        _member_of(creator(person(f"Creator{n}"), followers=1, views_30d=1, measured_at=noon), sam, noon)
    with django_assert_num_queries(8):  # type: ignore[operator]
        cards = membership_cards(fan=sam, at=noon)
        assert [(card.is_open, len(card.invoices)) for card in cards] == [(True, 1)] * count


def _member_of(somebody: Creator, fan: User, noon: datetime) -> None:
    tier = Tier.objects.create(creator=somebody, name="One", rank=1, created_at=noon)
    price = TierPrice.objects.create(tier=tier, version=1, amount_minor=500, currency="usd", effective_at=noon)
    membership = Membership.objects.create(
        fan=fan, creator=somebody, tier=tier, price=price, joined_at=noon, status=Membership.Status.ACTIVE
    )
    invoice = Invoice.objects.create(
        stripe_id=f"in_{somebody.pk}",
        membership=membership,
        price=price,
        share=RevenueShare.objects.get(),
        status=Invoice.Status.PAID,
        currency="usd",
        period_start_at=noon,
        period_end_at=noon.replace(month=6),
        issued_at=noon,
        paid_at=noon,
    )
    Grant.objects.create(
        fan=fan, creator=somebody, tier=tier, kind=Grant.Kind.PAID, source=invoice.source, from_at=noon
    )
