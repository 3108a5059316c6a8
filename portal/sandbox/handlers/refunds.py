"""Money back: at once, in part, and now and then refused by the bank days later."""

from portal.sandbox import money, wire
from portal.sandbox.errors import ApiError, invalid, not_simulated
from portal.sandbox.general import INCLUDED, as_list
from portal.sandbox.handlers.customers import card_of
from portal.sandbox.registry import Call, Obj, falls_due, handles, kind
from portal.sandbox.world import World

kind("refund", updates="metadata", event="refund")
INCLUDED["charge", "refunds"] = lambda box, charge: as_list(
    box.all("refund", charge=charge["id"]), f"/v1/charges/{charge['id']}/refunds"
)


@handles("POST", "/v1/refunds", "amount charge payment_intent metadata reason")
def create_refund(box: World, call: Call) -> Obj:
    given = call.params
    if bool(given.get("charge")) == bool(given.get("payment_intent")):
        raise invalid("One of charge and payment_intent must be given.", code="parameter_missing", param="charge")
    charge_id = given.get("charge") or box.get(given["payment_intent"], "payment_intent", param="payment_intent").get(
        "latest_charge"
    )
    charge = box.get(charge_id or "", "charge", param="charge")
    refund = refund_charge(box, charge, given.get("amount"), given.get("reason"))
    wire.merge(refund, {"metadata": given.get("metadata", {})})
    tell(box, refund, charge)
    return refund


def refund_charge(box: World, charge: Obj, amount: int | None, reason: str | None) -> Obj:
    """Give back `amount` (None: what is left). The fee of the charge stays with Stripe."""
    if charge["status"] != "succeeded":
        raise invalid(f"Charge {charge['id']} did not succeed; there is nothing to refund.")
    if not charge["captured"]:
        raise not_simulated("refunds of charges that were not captured; cancel the payment intent")
    if charge["disputed"] and box.all("dispute", charge=charge["id"], is_charge_refundable=False):
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    left = charge["amount"] - charge["amount_refunded"]
    if left <= 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = left if amount is None else amount
    if amount < 1:
        raise invalid("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")
    refund = box.put(
        "refund",
        amount=amount,
        currency=charge["currency"],
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=reason,
        status="succeeded",
    )
    if charge["customer"]:
        refund["customer"] = charge["customer"]
    txn = money.move(box, "", -amount, charge["currency"], "refund", refund["id"])
    refund["balance_transaction"] = txn["id"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    method = box.find(charge["payment_method"] or "")
    if method and card_of(box, method).does == "refund_fails":
        box.schedule("refund_fails", refund, box.now_of(refund) + 3 * money.DAY)
    return refund


def tell(box: World, refund: Obj, charge: Obj) -> None:
    box.emit("refund.created", refund)
    box.emit("charge.refunded", charge, before={"amount_refunded": charge["amount_refunded"] - refund["amount"]})


@falls_due("refund_fails")
def refund_fails(box: World, ref: str) -> None:
    if (refund := box.find(ref, "refund")) and refund["status"] == "succeeded":
        fail(box, refund)


def fail(box: World, refund: Obj, reason: str = "lost_or_stolen_card") -> Obj:
    """The bank sends the money back to us; the charge counts as not refunded again."""
    if refund["status"] not in ("succeeded", "pending"):
        raise ApiError(400, "invalid_request_error", f"The refund is {refund['status']} already.")
    charge = box.get(refund["charge"], "charge")
    txn = money.move(box, "", refund["amount"], refund["currency"], "refund_failure", refund["id"])
    refund.update(status="failed", failure_reason=reason, failure_balance_transaction=txn["id"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    box.emit("refund.failed", refund, before={"status": "succeeded"})
    box.emit("charge.refund.updated", refund, before={"status": "succeeded"})
    return refund
