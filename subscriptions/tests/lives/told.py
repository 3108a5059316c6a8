"""What the provider's own objects say of doors, money and recurring revenue: computed here once more, by other means.

Nothing of ours is asked, neither rows nor rules: plain objects of the sandbox in, plain numbers out. Moments are seconds.
"""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from portal.sandbox.engine import Sandbox

DAY = 86_400
LIVE = ("active", "trialing", "past_due")
# Between the end of a paid time and the collection of the next, nobody is locked out.
COLLECTING = DAY
MATURES = 7 * DAY
PLATFORM_PERCENT = 10
Obj = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Open:
    """A time in which a tier stands open; `tier` is its public id."""

    tier: str
    start: int
    end: int


def plan_line(invoice: Obj) -> Obj:
    """The line for the newest time that was billed; what is given back for unused time is none."""
    lines = [line for line in invoice["lines"]["data"] if line["amount"] >= 0]
    return max(lines, key=lambda line: (line["period"]["end"], line["period"]["start"]))


def tier_of(box: Sandbox, price_id: str) -> str:
    price = box.get(price_id, "price")
    return str(box.get(price["product"], "product")["metadata"]["tier"])


def invoices_of(box: Sandbox, customer: str, status: str) -> list[Obj]:
    rows = [row for row in box.all("invoice", customer=customer) if row["status"] == status]
    return [row for row in rows if row["parent"]]


def subscription_id(invoice: Obj) -> str:
    return str(invoice["parent"]["subscription_details"]["subscription"])


def opened(box: Sandbox, customer: str, grace_days: int, waiting: AbstractSet[str] = frozenset()) -> Iterator[Open]:
    """Every paid time, every trial, and the patience after the last of them. `waiting`: attempts whose first, free time
    opens nothing."""
    paid_until: dict[str, int] = {}
    for invoice in invoices_of(box, customer, "paid"):
        line = plan_line(invoice)
        start, end = line["period"]["start"], line["period"]["end"]
        attempt = invoice["parent"]["subscription_details"]["metadata"].get("checkout")
        if invoice["billing_reason"] != "subscription_create" or attempt not in waiting:
            yield Open(tier_of(box, line["pricing"]["price_details"]["price"]), start, end)
        known = paid_until.get(subscription_id(invoice), 0)
        paid_until[subscription_id(invoice)] = max(known, end)
    for subscription in box.all("subscription", customer=customer):
        until = paid_until.get(subscription["id"])
        if until is not None and _is_patient(box, subscription, until):
            item = subscription["items"]["data"][0]
            late = subscription["status"] == "past_due"
            end = max(until, item["current_period_start"] + grace_days * DAY) if late else until + COLLECTING
            yield Open(tier_of(box, item["price"]["id"]), until, end)


def _is_patient(box: Sandbox, subscription: Obj, paid_until: int) -> bool:
    """Who leaves, has left or takes a break has no patience to ask for."""
    if subscription["status"] not in LIVE or subscription["cancel_at_period_end"] or subscription["pause_collection"]:
        return False
    return not any(plan_line(one)["period"]["start"] >= paid_until for one in left_out(box, subscription))


def left_out(box: Sandbox, subscription: Obj) -> list[Obj]:
    """The payments that a break has left out."""
    rows = invoices_of(box, subscription["customer"], "void")
    return [row for row in rows if subscription_id(row) == subscription["id"]]


def recurring(box: Sandbox, customer: str) -> int:
    """What a month of this customer brings: a twelfth of a year's price; nothing on trial, in a break or ended."""
    for subscription in box.all("subscription", customer=customer):
        item = subscription["items"]["data"][0]
        began = item["current_period_start"]
        pauses = any(plan_line(one)["period"]["start"] == began for one in left_out(box, subscription))
        if subscription["status"] == "past_due" or (subscription["status"] == "active" and not pauses):
            every = item["price"]["recurring"]
            months = every["interval_count"] * {"month": 1, "year": 12}[every["interval"]]
            return int(item["price"]["unit_amount"]) // months
    return 0


def half_up(amount: int, percent: int) -> int:
    return (2 * amount * percent + 100) // 200


def books_of(box: Sandbox, creator: str) -> dict[str, int]:
    """The whole books that the provider's balance transactions imply, when all was sold by one creator. Debit +."""
    moved: dict[str, list[Obj]] = defaultdict(list)
    for txn in box.all("balance_transaction"):
        moved[txn["source"]].append(txn)
    accounts: dict[str, int] = defaultdict(int)
    refunds, disputes = box.all("refund"), box.all("dispute")
    for charge in box.all("charge"):
        if not charge["paid"]:
            continue
        came = sum(txn["amount"] for txn in moved[charge["id"]])
        given_back = [one["id"] for one in refunds if one["charge"] == charge["id"]]
        gone = -sum(txn["amount"] for id in given_back for txn in moved[id])
        held = 0
        for dispute in disputes:
            if dispute["charge"] != charge["id"]:
                continue
            taken = -sum(txn["amount"] for txn in moved[dispute["id"]])
            accounts["expense:dispute_fee:usd"] += sum(txn["fee"] for txn in moved[dispute["id"]])
            if dispute["status"] == "lost":
                gone += taken
            else:
                held += taken
        left = max(0, came - gone)
        platform = half_up(left, PLATFORM_PERCENT)
        matured = box.now() >= charge["created"] + MATURES
        bucket = "held" if held else "available" if matured else "pending"
        accounts["expense:stripe_fee:usd"] += sum(txn["fee"] for txn in moved[charge["id"]])
        accounts["asset:disputed:usd"] += held
        accounts["expense:bad_debt:usd"] += max(0, gone - came)
        accounts["income:platform_fee:usd"] -= platform
        accounts[f"creator:{creator}:{bucket}:usd"] -= left - platform
    accounts["stripe:usd"] = sum(txn["net"] for txn in box.all("balance_transaction"))
    return {code: amount for code, amount in accounts.items() if amount}
