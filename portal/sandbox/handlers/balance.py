"""Balances and their transactions, and putting money into our own balance."""

from portal.sandbox import money, wire
from portal.sandbox.errors import invalid
from portal.sandbox.general import list_page
from portal.sandbox.registry import Call, Obj, handles, kind
from portal.sandbox.world import World

kind("balance_transaction")
kind("topup", updates="metadata description", event="topup")


@handles("GET", "/v1/balance")
def retrieve_balance(box: World, call: Call) -> Obj:
    held = money.balances(box, call.account) or {"usd": (0, 0)}
    available, pending = [], []
    for currency, (now, later) in held.items():
        available.append({"amount": now, "currency": currency, "source_types": {"card": now}})
        pending.append({"amount": later, "currency": currency, "source_types": {"card": later}})
    return {"object": "balance", "livemode": False, "available": available, "pending": pending}


@handles("GET", "/v1/balance_transactions", "currency type source payout")
def list_transactions(box: World, call: Call) -> Obj:
    money.mature(box)
    payout = call.params.get("payout")
    where = "id IN (SELECT txn FROM payout_items WHERE payout = ?)" if payout else ""
    return list_page(box, call, "balance_transaction", where=where, values=(payout,) if payout else (), skip="payout")


@handles("GET", "/v1/balance_transactions/{id}")
def retrieve_transaction(box: World, call: Call) -> Obj:
    money.mature(box)
    return box.get(call.id, "balance_transaction", account=call.account)


@handles("POST", "/v1/topups", "amount currency description metadata statement_descriptor transfer_group")
def create_topup(box: World, call: Call) -> Obj:
    given = call.params
    if given["amount"] < 1:
        raise invalid("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    topup = top_up(box, given["amount"], given["currency"].lower())
    wire.merge(topup, {k: v for k, v in given.items() if k not in ("amount", "currency")})
    return topup


def top_up(box: World, amount: int, currency: str) -> Obj:
    """Money from our own bank into our balance, available at once."""
    topup = box.put("topup", amount=amount, currency=currency, status="succeeded")
    txn = money.move(box, "", amount, currency, "topup", topup["id"])
    topup["balance_transaction"] = txn["id"]
    box.emit("topup.created", topup)
    box.emit("topup.succeeded", topup)
    return topup
