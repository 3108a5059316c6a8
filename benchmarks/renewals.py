"""The world of `benchmarks.invoice_events`: what the provider says, and members who are about to renew."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

AT = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
JOINED, UNTIL, GRACE = AT - 31 * DAY, AT + 30 * DAY, AT + DAY
CREATORS, PRICE, FEE = 100, 1_000, 59
# By hand, ours.
SIDES = ("h", "p")
A_BATCH = 2_000


def event(side: str, number: int) -> dict[str, Any]:
    """The payload of `invoice.paid`, about as long as a real one."""
    about = {
        "id": f"in_{side}{number}",
        "object": "invoice",
        "amount_due": PRICE,
        "amount_paid": PRICE,
        "billing_reason": "subscription_cycle",
        "currency": "usd",
        "customer": f"cus_{side}{number}",
        "description": None,
        "metadata": {},
        "lines": {"object": "list", "data": [{"id": f"il_{side}{number}", "amount": PRICE, "period": {}}] * 2},
        "padding": {f"field_{n}": None for n in range(60)},
    }
    return {
        "id": f"evt_{side}{number}",
        "object": "event",
        "type": "invoice.paid",
        "api_version": "2026-04-22",
        "created": int(AT.timestamp()),
        "data": {"object": about},
    }


def invoice_of(side: str, number: int) -> Any:
    """The provider's invoice as its SDK tells it: only what is read of it."""
    start, end = int(AT.timestamp()), int(UNTIL.timestamp())
    thing = SimpleNamespace
    charge = thing(id=f"ch_{side}{number}", balance_transaction=thing(fee=FEE))
    details = thing(subscription=f"sub_{side}{number}", metadata={"checkout": f"{side}{number}"})
    line = thing(
        parent=thing(subscription_item_details=thing(proration=False)),
        pricing=thing(price_details=thing(price=f"price_{number % CREATORS}")),
        period=thing(start=start, end=end),
        amount=PRICE,
        discount_amounts=[],
    )
    return thing(
        id=f"in_{side}{number}",
        parent=thing(subscription_details=details),
        lines=thing(data=[line]),
        payments=thing(data=[thing(status="paid", payment=thing(payment_intent=thing(latest_charge=charge)))]),
        status="paid",
        currency="usd",
        amount_due=PRICE,
        amount_paid=PRICE,
        subtotal=PRICE,
        total_taxes=[],
        total_discount_amounts=[],
        attempt_count=1,
        next_payment_attempt=None,
        billing_reason="subscription_cycle",
        created=start,
        status_transitions=thing(paid_at=start),
    )


def fill(events: int) -> None:
    """Creators with a tier each and all founders' seats taken; for each event of each side a member of a month."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    from subscriptions.models import RevenueShare

    RevenueShare.install_first()
    offer()
    for side in SIDES:
        members(side, events)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def offer() -> None:
    from portal.accounts.models import Creator
    from subscriptions.models import Founder, Tier, TierPrice

    creators = Creator.objects.bulk_create(
        Creator(user=user, handle=f"creator{n}", display_name=f"Creator {n}", public_id=f"c{n}")
        for n, user in enumerate(people([f"owner{n}" for n in range(CREATORS)]))
    )
    tiers = Tier.objects.bulk_create(Tier(creator=one, name="Gold", rank=1, created_at=JOINED) for one in creators)
    price: dict[str, Any] = {"version": 1, "amount_minor": PRICE, "currency": "usd", "effective_at": JOINED}
    TierPrice.objects.bulk_create(
        TierPrice(tier=tier, stripe_price_id=f"price_{n}", **price) for n, tier in enumerate(tiers)
    )
    founders = people([f"founder{n}" for n in range(CREATORS * Founder.SEATS)])
    Founder.objects.bulk_create(
        Founder(fan=fan, creator=creators[n % CREATORS], number=n // CREATORS + 1, since_at=JOINED, source=f"seat:{n}")
        for n, fan in enumerate(founders)
    )


def people(names: list[str]) -> list[Any]:
    from django.contrib.auth.hashers import make_password

    from portal.accounts.models import User

    none = make_password(None)
    rows = [User(email=f"{name}@example.com", name=name, password=none) for name in names]
    return User.objects.bulk_create(rows, batch_size=A_BATCH)


def members(side: str, events: int) -> None:
    """Everybody who will be told of: joined and paid a month ago, and waiting for the renewal to be collected."""
    from subscriptions.models import Checkout, Membership, TenureMonth, TierPrice

    prices = list(TierPrice.objects.select_related("tier__creator").order_by("pk"))
    fans = people([f"{side}{n}" for n in range(events)])
    rows = [
        (f"{side}{n}", {"fan": fan, "creator": prices[n % CREATORS].tier.creator}, prices[n % CREATORS])
        for n, fan in enumerate(fans)
    ]
    begun: dict[str, Any] = {"state": "paid", "started_at": JOINED, "expires_at": JOINED}
    going: dict[str, Any] = {"status": "active", "joined_at": JOINED, "period_start_at": AT, "period_end_at": UNTIL}
    first: dict[str, Any] = {"kind": "paid", "from_at": JOINED, "until_at": AT, "tenure": 1, "streak": 1}
    keep(Checkout, (Checkout(**whose, public_id=name, price=price, **begun) for name, whose, price in rows))
    keep(
        Membership,
        (
            Membership(**whose, tier=price.tier, price=price, stripe_subscription_id=f"sub_{name}", **going)
            for name, whose, price in rows
        ),
    )
    keep(TenureMonth, (TenureMonth(**whose, source=f"invoice:in_old_{name}", **first) for name, whose, _price in rows))
    doors(rows)


def doors(rows: list[tuple[str, dict[str, Any], Any]]) -> None:
    from subscriptions.models import Grant

    spans = (
        ("paid", "invoice:in_old_{}", JOINED, AT),
        ("grace", f"renewal:sub_{{}}:{int(AT.timestamp())}", AT, GRACE),
    )
    keep(
        Grant,
        (
            Grant(**whose, tier=price.tier, kind=kind, source=source.format(name), from_at=since, until_at=until)
            for name, whose, price in rows
            for kind, source, since, until in spans
        ),
    )


def keep(model: Any, rows: Any) -> None:
    model.objects.bulk_create(rows, batch_size=A_BATCH)
