"""Balances: every movement is a balance transaction of one account in one currency; the balance is their sum.

Money of a charge is pending for two days and then available; only available money can be transferred or paid out.
"""

from portal.sandbox.errors import invalid
from portal.sandbox.registry import Obj
from portal.sandbox.world import World

DAY = 86_400
# Stripe's standard price for cards, used for every currency: 2.9 % and 30 minor units, half a unit rounding up.
FEE_PER_MILLE = 29
FEE_FIXED = 30
# What a dispute costs, in minor units of its currency; not given back when it is won.
DISPUTE_FEE = 1_500
PENDING_DAYS = 2
# Stripe refuses charges below about half a dollar.
SMALLEST = {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50}
LARGEST = 99_999_999


def fee_on(amount: int) -> int:
    return (amount * FEE_PER_MILLE + 500) // 1_000 + FEE_FIXED


def smallest(currency: str) -> int:
    return SMALLEST.get(currency, 50)


def check_amount(amount: int, currency: str) -> None:
    """Raises Stripe's error for an amount that no card can be charged with."""
    if amount < smallest(currency):
        raise invalid(
            f"Amount must convert to at least {smallest(currency)} minor units of {currency}.",
            code="amount_too_small",
            param="amount",
        )
    if amount > LARGEST:
        raise invalid("Amount must be no more than 999,999.99.", code="amount_too_large", param="amount")


def move(
    box: World,
    account: str,
    amount: int,
    currency: str,
    type_: str,
    source: str | None,
    *,
    fee: int = 0,
    fee_text: str = "Stripe processing fees",
    category: str | None = None,
    pending_days: int = 0,
    description: str | None = None,
) -> Obj:
    """A balance transaction: `amount` in (negative: out), less `fee`; available now or after `pending_days`."""
    now = box.now()
    at = now + pending_days * DAY
    fees = [{"amount": fee, "application": None, "currency": currency, "description": fee_text, "type": "stripe_fee"}]
    txn = box.put(
        "balance_transaction",
        account=account,
        amount=amount,
        fee=fee,
        net=amount - fee,
        currency=currency,
        type=type_,
        source=source,
        description=description,
        created=now,
        available_on=at,
        status="pending" if at > now else "available",
        reporting_category=category or type_,
        fee_details=fees if fee else [],
        balance_type="payments",
    )
    net = amount - fee
    if at > now:
        box.store.execute(
            "INSERT INTO maturing (txn, account, currency, net, at) VALUES (?, ?, ?, ?, ?)",
            (txn["id"], account, currency, net, at),
        )
    _add(box, account, currency, available=0 if at > now else net, pending=net if at > now else 0)
    if account and net > 0:
        box.store.execute(
            "INSERT OR IGNORE INTO due (what, ref, clock, at) VALUES ('pay_out', ?, '', ?)",
            (account, next_payout_at(box, account, at)),
        )
    return txn


def _add(box: World, account: str, currency: str, *, available: int = 0, pending: int = 0) -> None:
    box.store.execute(
        "INSERT INTO balances (account, currency, available, pending) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (account, currency) DO UPDATE SET"
        " available = available + excluded.available, pending = pending + excluded.pending",
        (account, currency, available, pending),
    )


def mature(box: World) -> None:
    """Make available what has been pending long enough."""
    for row in box.store.rows("SELECT * FROM maturing WHERE at <= ?", (box.now(),)):
        box.store.execute("DELETE FROM maturing WHERE txn = ?", (row["txn"],))
        _add(box, row["account"], row["currency"], available=row["net"], pending=-row["net"])
        box.get(row["txn"])["status"] = "available"


def available(box: World, account: str, currency: str) -> int:
    mature(box)
    rows = box.store.rows("SELECT available FROM balances WHERE account = ? AND currency = ?", (account, currency))
    return int(rows[0]["available"]) if rows else 0


def balances(box: World, account: str) -> dict[str, tuple[int, int]]:
    """Currency → (available, pending), in minor units."""
    mature(box)
    rows = box.store.rows("SELECT * FROM balances WHERE account = ? ORDER BY currency", (account,))
    return {row["currency"]: (row["available"], row["pending"]) for row in rows}


def next_payout_at(box: World, account: str, after: int) -> int:
    """The next midnight (UTC) on which an account's timetable pays out; 'manual' accounts are asked and say no."""
    midnight = (after // DAY + 1) * DAY
    timetable = box.noted(account, "payout_schedule") or {}
    days = {"weekly": 7, "monthly": 28}.get(timetable.get("interval", "daily"), 1)
    return midnight + (days - 1) * DAY
