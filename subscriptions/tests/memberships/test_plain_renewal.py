"""The plain renewal goes a short way and everything else the general one: both leave the same rows, whatever there was."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from portal.accounts.models import Creator, User
from portal.ledger.models import Entry, Line, Source
from portal.ledger.queries import books
from portal.notices.actions import prefer
from portal.notices.models import Notice
from portal.testing.cast import person
from subscriptions.actions.invoices import record_any_invoice, record_invoice
from subscriptions.actions.memberships import membership_of
from subscriptions.actions.tenure import rebuild_tenure
from subscriptions.models import (
    Charge,
    ChargeRefund,
    Checkout,
    Founder,
    Grant,
    Invoice,
    Membership,
    PromoCode,
    PromoUse,
    RevenueShare,
    Room,
    ShareDecision,
    TenureMonth,
    Tier,
    TierPrice,
)
from subscriptions.readings import InvoiceReading

MONTH, DAY = timedelta(days=31), timedelta(days=1)
# What is counted up, drawn by lot, or by the database's clock.
BY_CHANCE = {"id", "public_id", "url", "written_at", "entry_id", "source_id", "charge_id", "share_decision_id"}
KEPT = (Invoice, Charge, Grant, TenureMonth, Founder, Notice, Entry, Source, ShareDecision)


def told_of(price: TierPrice, noon: datetime, **other: Any) -> InvoiceReading:
    plain = InvoiceReading(
        id="in_2", subscription_id="sub_1", checkout="attempt", status="paid", currency="usd", paid=1_000, tax=0, fee=59,
        charge_id="ch_2", price_id=price.stripe_price_id, period_start_at=noon, period_end_at=noon + MONTH,
        issued_at=noon, paid_at=noon, plan=1_000, reason="subscription_cycle", due=1_000,
    )  # fmt: skip
    return replace(plain, **other)


def member(fan: User, tier: Tier, noon: datetime, **other: Any) -> Membership:
    """Joined a month ago; the first month is paid, and the grace that waits for the next payment is open."""
    price = tier.prices.get()
    whose: dict[str, Any] = {"fan": fan, "creator": tier.creator}
    times = {"started_at": noon - MONTH, "expires_at": noon - MONTH}
    Checkout.objects.create(**whose, public_id="attempt", price=price, state="paid", **times)
    going_on = {"status": "active", "joined_at": noon - MONTH, "period_start_at": noon, "period_end_at": noon + MONTH}
    values: dict[str, Any] = {"tier": tier, "price": price, "stripe_subscription_id": "sub_1", **going_on, **other}
    row = Membership.objects.create(**whose, **values)
    for kind, source, start, until in (
        (Grant.Kind.PAID, "invoice:in_1", noon - MONTH, noon),
        (Grant.Kind.GRACE, f"renewal:sub_1:{int(noon.timestamp())}", noon, noon + DAY),
    ):
        Grant.objects.create(**whose, tier=tier, kind=kind, source=source, from_at=start, until_at=until)
        if kind == Grant.Kind.PAID:
            rebuild_tenure(fan=fan, creator=tier.creator, now=noon - MONTH)
    return row


def rows_after(record: Callable[[], Invoice | None]) -> dict[str, Any]:
    """Every row that is there afterwards, and the books; then it is as if nothing had been recorded."""
    with transaction.atomic():
        record()
        found: dict[str, Any] = {"books": books()}
        for model in KEPT:
            rows: Any = model
            told = [{name: row[name] for name in row.keys() - BY_CHANCE} for row in rows.objects.values()]
            found[model.__name__] = sorted(told, key=str)
        lines = Line.objects.values_list("entry__key", "account__code", "amount", "currency")
        found["Line"] = sorted(lines)
        of_invoice = ("stripe_id", "charge__stripe_id", "share_decision__platform_bp")
        found["of invoices"] = sorted(Invoice.objects.values_list(*of_invoice), key=str)
        transaction.set_rollback(True)
    return found


def general(reading: InvoiceReading, now: datetime) -> Invoice | None:
    with transaction.atomic():
        membership = membership_of(checkout=reading.checkout)
        assert membership is not None
        return record_any_invoice(membership=membership, reading=reading, now=now)


@pytest.mark.django_db(transaction=False)
@settings(
    max_examples=120,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chance=st.data())
def test_both_ways_leave_the_same_rows(sam: User, gold: Tier, noon: datetime, chance: st.DataObject) -> None:
    def perhaps() -> bool:
        return chance.draw(st.booleans())

    with transaction.atomic():
        sam.language = chance.draw(st.sampled_from(["en", "es", "ar"]))
        sam.save()
        membership = member(
            sam, gold, noon, status=chance.draw(st.sampled_from([*["active"] * 8, "past_due", "trialing"])),
            cancel_at_period_end=chance.draw(st.sampled_from([*[False] * 8, True])),
        )  # fmt: skip
        around(membership, gold, noon, perhaps, chance)
        now = noon + timedelta(hours=chance.draw(st.integers(-2, 60)))
        tax = chance.draw(st.sampled_from([0, 83, 83, 1_000]))
        reading = told_of(
            membership.price, noon, tax=tax, due=1_000, paid_at=chance.draw(st.sampled_from([None, noon])),
            fee=chance.draw(st.sampled_from([0, 59])), discount=chance.draw(st.sampled_from([0, 100])),
            reason=chance.draw(st.sampled_from([*["subscription_cycle"] * 8, "subscription_update"])),
            status=chance.draw(st.sampled_from([*["paid"] * 8, "open"])), is_trial=tax == 1_000,
            period_end_at=noon + timedelta(days=chance.draw(st.integers(28, 31))),
        )  # fmt: skip
        short = rows_after(lambda: record_invoice(reading=reading, now=now))
        assert short == rows_after(lambda: general(reading, now))
        transaction.set_rollback(True)


def around(
    membership: Membership, gold: Tier, noon: datetime, perhaps: Callable[[], bool], chance: st.DataObject
) -> None:
    """What else there may be, of which some makes a renewal not plain."""
    fan, creator = membership.fan, membership.creator
    if perhaps():
        prefer(user=fan, kind="subscriptions.receipt", bell=perhaps(), email=perhaps())
    if perhaps():
        Room.objects.create(creator=creator)
    if chance.draw(st.integers(0, 3)) == 0:
        charge = Charge.objects.create(stripe_id="ch_2")
        ChargeRefund.objects.create(stripe_id="re_1", charge=charge, amount_minor=300, status="succeeded", rank=1)
    if perhaps():
        share(creator, gold, noon, perhaps)
    if chance.draw(st.integers(0, 3)) == 0:
        code = PromoCode.objects.create(
            creator=creator, code="TEN", percent=10, currency="usd", starts_at=noon, created_at=noon
        )
        attempt = Checkout.objects.get(public_id="attempt")
        used = {"mailbox": "sam@example.com", "off_minor": 100, "currency": "usd", "used_at": noon}
        PromoUse.objects.create(promo=code, checkout=attempt, fan=fan, **used)
    if perhaps():
        Founder.objects.create(fan=person("First"), creator=creator, number=1, since_at=noon, source="seat")
    if chance.draw(st.integers(0, 3)) == 0:
        later = {"period_start_at": noon + MONTH, "period_end_at": noon + 2 * MONTH, "issued_at": noon, "paid_at": noon}
        values = {"status": "paid", "currency": "usd", "share": RevenueShare.objects.first(), **later}
        Invoice.objects.create(
            stripe_id=chance.draw(st.sampled_from(["in_2", "in_3"])), stripe_subscription_id="sub_1",
            membership=membership, price=membership.price, **values,
        )  # fmt: skip


def share(creator: Creator, gold: Tier, noon: datetime, perhaps: Callable[[], bool]) -> None:
    terms = {"platform_bp": 3_000, "bonus_bp": 2_000 * perhaps(), "effective_date": noon.date() - DAY}
    made = RevenueShare.objects.create(creator=creator if perhaps() else None, version=7, **terms)
    if made.bonus_bp and perhaps():
        month = noon.astimezone(UTC).date().replace(day=1)
        ShareDecision.objects.create(
            creator=creator, share=made, month_date=month, has_bonus=True, platform_bp=1_000, decided_at=noon
        )


@pytest.fixture
def full(gold: Tier, noon: datetime) -> None:
    """No founder's seat is left."""
    for number in range(1, Founder.SEATS + 1):
        fan = person(f"Founder{number}")
        Founder.objects.create(fan=fan, creator=gold.creator, number=number, since_at=noon, source=f"seat:{number}")


def test_a_plain_renewal_is_few_statements_and_twice_is_once(sam: User, gold: Tier, full: None, noon: datetime) -> None:
    reading = told_of(member(sam, gold, noon).price, noon)
    general_rows = rows_after(lambda: general(reading, noon))
    assert rows_after(lambda: record_invoice(reading=reading, now=noon)) == general_rows
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        record_invoice(reading=reading, now=noon)
    told = [query["sql"] or "prepared" for query in asked.captured_queries]
    statements = [one for one in told if "SAVEPOINT" not in one]
    # Two of them because accounts are used for the first time.
    assert len(statements) == 18, "\n".join(statements)
    assert books() == {
        "stripe:usd": 941,
        "expense:stripe_fee:usd": 59,
        "income:platform_fee:usd": -100,
        f"creator:{gold.creator.public_id}:pending:usd": -900,
    }
    again = record_invoice(reading=reading, now=noon + DAY)
    assert again is not None and Invoice.objects.get() == again
    assert (Entry.objects.count(), Notice.objects.filter(kind="subscriptions.receipt").count()) == (1, 1)
    assert list(TenureMonth.objects.values_list("tenure", "streak")) == [(1, 1), (2, 2)]
