"""The plain renewal, in few statements: nine events of ten are one. Whatever is not plain goes the general way.

Both ways leave the same rows; `tests/memberships/test_plain_renewal.py` holds them equal.
"""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from portal.kit.rows import insert_new
from portal.kit.words import gettext_lazy as _
from portal.kit.words import money_lazy
from portal.ledger.actions import settle
from portal.notices.actions import tell
from subscriptions.actions.charges import memo_of
from subscriptions.actions.grants import COLLECTING, close_grace, keep_grace, open_paid
from subscriptions.models import Charge, Invoice, Membership
from subscriptions.postings import InvoiceFacts, invoice_target
from subscriptions.queries.renewals import Facts, is_plain, plain_facts
from subscriptions.readings import InvoiceReading


@transaction.atomic(savepoint=False)
def record_renewal(*, membership: Membership, reading: InvoiceReading, now: datetime) -> Invoice | None:
    """Record the invoice of a plain renewal as `record_invoice` would; None, and nothing done, where it is not plain.

    Call it with the membership's row locked. Safe to repeat: an invoice that is known is not plain.
    """
    if not is_plain(membership=membership, reading=reading):
        return None
    facts = plain_facts(membership=membership, reading=reading)
    charge = Charge(stripe_id=reading.charge_id)
    # A charge that is known was given back or disputed before: that is for the general way.
    if facts is None or not insert_new(charge, key="stripe_id"):
        return None
    invoice = _invoice(membership, reading, facts, charge, now)
    insert_new(invoice, key="stripe_id")
    settle(source=invoice.source, target=invoice_target(_posted(invoice, facts)), at=now, memo=memo_of(invoice))
    open_paid(invoice=invoice, now=now, seats_are_taken=facts.seats_are_taken)
    close_grace(membership=membership, but=reading.period_end_at, reason="paid", now=now, has_room=bool(facts.room))
    keep_grace(membership=membership, paid_until=reading.period_end_at, until=reading.period_end_at + COLLECTING)
    send_receipt(invoice=invoice, now=now)
    return invoice


def _invoice(membership: Membership, reading: InvoiceReading, facts: Facts, charge: Charge, now: datetime) -> Invoice:
    return Invoice(
        stripe_id=reading.id,
        stripe_subscription_id=reading.subscription_id,
        membership=membership,
        price=membership.price,
        share_id=facts.share["id"],
        share_decision_id=facts.decision["id"] if facts.decision else None,
        status=reading.status,
        currency=reading.currency,
        gross_minor=reading.paid - reading.tax,
        tax_minor=reading.tax,
        fee_minor=reading.fee,
        due_minor=reading.due,
        discount_minor=reading.discount,
        plan_minor=reading.plan,
        charge=charge,
        period_start_at=reading.period_start_at,
        period_end_at=reading.period_end_at,
        issued_at=reading.issued_at,
        paid_at=reading.paid_at or now,
    )


def _posted(invoice: Invoice, facts: Facts) -> InvoiceFacts:
    """As `facts_of`, of a charge that nobody has asked anything back of."""
    return InvoiceFacts(
        creator=invoice.payee.public_id,
        currency=invoice.currency,
        platform_bp=facts.platform_bp,
        gross=invoice.gross_minor,
        tax=invoice.tax_minor,
        fee=invoice.fee_minor,
    )


def send_receipt(*, invoice: Invoice, now: datetime) -> None:
    """Tell who paid that there is a receipt. Safe to repeat: told once an invoice."""
    creator = invoice.membership.creator
    amount = money_lazy(invoice.total_minor, invoice.currency)
    tell(
        to=invoice.membership.fan,
        kind="subscriptions.receipt",
        subject=_("Receipt: %(amount)s for %(creator)s") % {"amount": amount, "creator": creator.display_name},
        body=_("Thank you. The receipt shows where each cent of it went."),
        url=reverse("receipt", args=[invoice.public_id]),
        now=now,
        key=f"receipt:{invoice.stripe_id}",
    )
