"""Disputes: the bank takes the money and a fee first, and asks afterwards."""

from portal.sandbox import money, wire
from portal.sandbox.errors import invalid
from portal.sandbox.registry import Call, Obj, falls_due, handles, kind
from portal.sandbox.world import World

ANSWER_DAYS = 7
OPEN = ("needs_response", "under_review")
kind("dispute")
kind("radar.early_fraud_warning")


def open_dispute(box: World, charge: Obj, *, reason: str = "fraudulent", amount: int | None = None) -> Obj:
    """A cardholder disputes a charge: `amount` (None: what was not refunded) and the fee leave our balance at once."""
    if charge["disputed"] or not charge["captured"]:
        raise invalid(f"Charge {charge['id']} cannot be disputed.")
    amount = charge["amount"] - charge["amount_refunded"] if amount is None else amount
    if not 0 < amount <= charge["amount"]:
        raise invalid("A dispute is about part of the charge, at most all of it.", param="amount")
    dispute = box.put(
        "dispute",
        amount=amount,
        currency=charge["currency"],
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="needs_response",
        is_charge_refundable=False,
    )
    dispute["evidence_details"].update(
        due_by=box.now() + ANSWER_DAYS * money.DAY, submission_method="not_submitted", has_evidence=False
    )
    network = charge["payment_method_details"]["card"]["brand"]
    dispute["payment_method_details"] = wire.inner(
        "dispute",
        "payment_method_details",
        type="card",
        card=wire.inner(
            "dispute", "payment_method_details.card", brand=network, network=network, case_type="chargeback"
        ),
    )
    charge["disputed"] = True
    box.emit("charge.dispute.created", dispute)
    _move(box, dispute, -amount, money.DISPUTE_FEE, "dispute", "Chargeback withdrawal")
    box.emit("charge.dispute.funds_withdrawn", dispute)
    box.schedule("dispute_ends", dispute, dispute["evidence_details"]["due_by"])
    return dispute


def _move(box: World, dispute: Obj, amount: int, fee: int, category: str, text: str) -> None:
    txn = money.move(
        box,
        "",
        amount,
        dispute["currency"],
        "adjustment",
        dispute["id"],
        fee=fee,
        fee_text="Dispute fee",
        category=category,
        description=f"{text} for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(dict(txn))


def close(box: World, dispute: Obj, *, won: bool) -> Obj:
    """The bank decides. Won: the money comes back, the fee does not."""
    if dispute["status"] not in OPEN:
        raise invalid(f"The dispute is {dispute['status']} already.")
    before = dispute["status"]
    box.unschedule("dispute_ends", dispute["id"])
    dispute["status"] = "won" if won else "lost"
    if won:
        _move(box, dispute, dispute["amount"], 0, "dispute_reversal", "Chargeback reversal")
        dispute["is_charge_refundable"] = True
        box.emit("charge.dispute.funds_reinstated", dispute)
    box.emit("charge.dispute.closed", dispute, before={"status": before})
    return dispute


@falls_due("dispute_ends")
def dispute_ends(box: World, ref: str) -> None:
    """Nobody answered, or the bank has read the evidence: without a word from the console it sides with its customer."""
    if (dispute := box.find(ref, "dispute")) and dispute["status"] in OPEN:
        close(box, dispute, won=box.noted(ref, "evidence") == "winning_evidence")


@handles("POST", "/v1/disputes/{dispute}", "evidence metadata submit")
def update_dispute(box: World, call: Call) -> Obj:
    """As in Stripe's test mode `winning_evidence` or `losing_evidence` as uncategorized_text decides the case."""
    dispute, given = box.get(call.id, "dispute"), call.params
    if dispute["status"] not in OPEN:
        raise invalid(f"This dispute is already closed ({dispute['status']}).")
    wire.merge(dispute, {k: v for k, v in given.items() if k in ("evidence", "metadata")})
    evidence = given.get("evidence") or {}
    dispute["evidence_details"]["has_evidence"] |= bool(evidence)
    if evidence and given.get("submit", True):
        details = dispute["evidence_details"]
        details.update(submission_count=details["submission_count"] + 1, submission_method="manual")
        dispute["status"] = "under_review"
        box.note(dispute["id"], "evidence", evidence.get("uncategorized_text", ""))
    box.emit("charge.dispute.updated", dispute, before={})
    if evidence.get("uncategorized_text") in ("winning_evidence", "losing_evidence") and given.get("submit", True):
        close(box, dispute, won=evidence["uncategorized_text"] == "winning_evidence")
    return dispute


@handles("POST", "/v1/disputes/{dispute}/close")
def close_dispute(box: World, call: Call) -> Obj:
    return close(box, box.get(call.ids[0], "dispute"), won=False)


def warn(box: World, charge: Obj) -> Obj:
    """An early fraud warning: the bank suspects the charge; a refund now may prevent a dispute."""
    warning = box.put(
        "radar.early_fraud_warning",
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        actionable=True,
        fraud_type="made_with_stolen_card",
    )
    box.emit("radar.early_fraud_warning.created", warning)
    return warning
