"""Transfers from our balance to a creator's account, and taking them back."""

import secrets

from portal.sandbox import faults, money, wire
from portal.sandbox.errors import invalid
from portal.sandbox.general import as_list, page_of
from portal.sandbox.registry import Call, Obj, handles, kind
from portal.sandbox.world import World

kind("transfer", updates="metadata description", event="transfer")


@handles("POST", "/v1/transfers", "amount currency destination description metadata transfer_group")
def create_transfer(box: World, call: Call) -> Obj:
    given = call.params
    account = box.get(given["destination"], "account", param="destination")
    amount, currency = given.get("amount"), given["currency"].lower()
    if amount is None or amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if account["capabilities"].get("transfers") != "active":
        raise faults.insufficient_capabilities()
    if money.available(box, "", currency) < amount:
        raise faults.insufficient_funds()
    transfer = box.put(
        "transfer",
        amount=amount,
        currency=currency,
        destination=account["id"],
        description=given.get("description"),
        transfer_group=given.get("transfer_group"),
        source_type="card",
    )
    wire.merge(transfer, {"metadata": given.get("metadata", {})})
    transfer["reversals"]["url"] = f"/v1/transfers/{transfer['id']}/reversals"
    out = money.move(box, "", -amount, currency, "transfer", transfer["id"], description=given.get("description"))
    transfer["balance_transaction"] = out["id"]
    transfer["destination_payment"] = _arrival(box, account, transfer)["id"]
    box.emit("transfer.created", transfer)
    return transfer


def _arrival(box: World, account: Obj, transfer: Obj) -> Obj:
    """The other end: a payment into the connected account, available at once."""
    payment = box.put(
        "charge",
        id=f"py_{secrets.token_hex(12)}",
        account=account["id"],
        amount=transfer["amount"],
        amount_captured=transfer["amount"],
        captured=True,
        currency=transfer["currency"],
        description=transfer["description"],
        paid=True,
        source_transfer=transfer["id"],
        status="succeeded",
        transfer_group=transfer["transfer_group"],
    )
    txn = money.move(box, account["id"], transfer["amount"], transfer["currency"], "payment", payment["id"])
    payment["balance_transaction"] = txn["id"]
    return payment


@handles("POST", "/v1/transfers/{id}/reversals", "amount description metadata refund_application_fee")
def reverse_transfer(box: World, call: Call) -> Obj:
    given, transfer = call.params, box.get(call.ids[0], "transfer")
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = given.get("amount", left)
    if amount < 1 or amount > left:
        raise invalid(
            f"The reversal amount ({amount}) is not within what is left of the transfer ({left}).", param="amount"
        )
    account, currency = transfer["destination"], transfer["currency"]
    if money.available(box, account, currency) < amount:
        raise invalid(
            "Insufficient available funds in the connected account to reverse this transfer.",
            code="balance_insufficient",
        )
    reversal = box.put("transfer_reversal", amount=amount, currency=currency, transfer=transfer["id"])
    wire.merge(reversal, {"metadata": given.get("metadata", {})})
    back = money.move(box, "", amount, currency, "transfer_refund", reversal["id"])
    gone = money.move(box, account, -amount, currency, "payment_refund", transfer["destination_payment"])
    reversal["balance_transaction"] = back["id"]
    box.note(reversal["id"], "gone", gone["id"])
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"].insert(0, dict(reversal))
    payment = box.get(transfer["destination_payment"], "charge")
    payment["amount_refunded"] += amount
    payment["refunded"] = transfer["reversed"]
    box.emit("transfer.reversed", transfer, before={"amount_reversed": transfer["amount_reversed"] - amount})
    return reversal


@handles("GET", "/v1/transfers/{id}/reversals")
def list_reversals(box: World, call: Call) -> Obj:
    box.get(call.ids[0], "transfer")
    rows, more = page_of(box, call, "transfer_reversal", "", "json_extract(body, '$.transfer') = ?", (call.ids[0],), {})
    return as_list(rows, call.path, more)


@handles("GET", "/v1/transfers/{transfer}/reversals/{id}")
def retrieve_reversal(box: World, call: Call) -> Obj:
    box.get(call.ids[0], "transfer")
    return box.get(call.id, "transfer_reversal")
