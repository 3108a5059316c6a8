"""Credit notes: an invoice is taken back in part, before or after it was paid."""

import secrets

from portal.sandbox import wire
from portal.sandbox.errors import invalid
from portal.sandbox.handlers import invoices, refunds
from portal.sandbox.handlers.customers import change_balance
from portal.sandbox.registry import Call, Obj, handles, kind
from portal.sandbox.world import World, new_id

kind("credit_note", updates="metadata memo", event="credit_note")


@handles(
    "POST", "/v1/credit_notes", "invoice amount credit_amount refund_amount out_of_band_amount memo metadata reason"
)
def create_credit_note(box: World, call: Call) -> Obj:
    given = call.params
    invoice = box.get(given["invoice"], "invoice", param="invoice")
    if invoice["status"] not in ("open", "paid"):
        raise invalid("Credit notes are for open or paid invoices.", param="invoice")
    parts = [given.get(name, 0) for name in ("refund_amount", "credit_amount", "out_of_band_amount")]
    amount = given.get("amount") or sum(parts)
    left = invoice["total"] - invoice["pre_payment_credit_notes_amount"] - invoice["post_payment_credit_notes_amount"]
    if not 0 < amount <= left:
        raise invalid(
            f"The credit note ({amount}) must be within what is left of the invoice ({left}).", param="amount"
        )
    paid = invoice["status"] == "paid"
    if paid and sum(parts) != amount:
        raise invalid(
            "The sum of credit amount, refund amount and out of band amount must equal the credit note amount."
        )
    note = _write(box, invoice, amount, given, paid)
    if paid:
        _give_back(box, invoice, note, *parts[:2])
        invoice["post_payment_credit_notes_amount"] += amount
    else:
        _reduce(box, invoice, amount)
    box.emit("credit_note.created", note)
    return note


def _write(box: World, invoice: Obj, amount: int, given: Obj, paid: bool) -> Obj:
    note = box.put(
        "credit_note",
        amount=amount,
        subtotal=amount,
        subtotal_excluding_tax=amount,
        total=amount,
        total_excluding_tax=amount,
        currency=invoice["currency"],
        customer=invoice["customer"],
        invoice=invoice["id"],
        number=f"{invoice['number']}-CN-{secrets.token_hex(2).upper()}",
        pdf=f"{box.site_url}/sandbox/invoice/{invoice['id']}/",
        status="issued",
        type="post_payment" if paid else "pre_payment",
        post_payment_amount=amount if paid else 0,
        pre_payment_amount=0 if paid else amount,
        out_of_band_amount=given.get("out_of_band_amount"),
    )
    wire.merge(note, {k: v for k, v in given.items() if k in ("memo", "metadata", "reason")})
    line = wire.new(
        "credit_note_line_item",
        id=new_id("credit_note_line_item"),
        object="credit_note_line_item",
        amount=amount,
        description=given.get("memo") or "Credit",
        quantity=1,
        type="custom_line_item",
        unit_amount=amount,
        unit_amount_decimal=str(amount),
    )
    note["lines"] = {"object": "list", "data": [line], "has_more": False, "url": f"/v1/credit_notes/{note['id']}/lines"}
    return note


def _give_back(box: World, invoice: Obj, note: Obj, refund_amount: int, credit_amount: int) -> None:
    if refund_amount:
        rows = box.all("invoice_payment", invoice=invoice["id"], status="paid", limit=1)
        if not rows:
            raise invalid("Nothing was paid by card that could be refunded.", param="refund_amount")
        intent = box.get(rows[0]["payment"]["payment_intent"], "payment_intent")
        charge = box.get(intent["latest_charge"], "charge")
        refund = refunds.refund_charge(box, charge, refund_amount, "requested_by_customer")
        refunds.tell(box, refund, charge)
        note["refunds"] = [
            wire.inner("credit_note", "refunds", amount_refunded=refund_amount, refund=refund["id"], type="refund")
        ]
    if credit_amount:
        customer = box.get(invoice["customer"], "customer")
        row = change_balance(box, customer, -credit_amount, "credit_note", invoice["currency"], invoice)
        row["credit_note"] = note["id"]
        note["customer_balance_transaction"] = row["id"]


def _reduce(box: World, invoice: Obj, amount: int) -> None:
    if amount > invoice["amount_remaining"]:
        raise invalid("The credit note is larger than what remains to be paid.", param="amount")
    invoice["pre_payment_credit_notes_amount"] += amount
    invoice["amount_due"] -= amount
    invoice["amount_remaining"] -= amount
    row, intent = invoices.open_payment(box, invoice)
    row["amount_requested"] = intent["amount"] = invoice["amount_due"]
    box.emit("invoice.updated", invoice, before={"amount_due": invoice["amount_due"] + amount})
    if not invoice["amount_due"]:
        invoices.withdraw(box, invoice, credit_too=False)
        invoices.settle(box, invoice)
