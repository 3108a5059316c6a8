"""What an invoice and a purchase share: a charge at the provider, and a place in the books."""

from datetime import datetime

from django.db import transaction

from portal.ledger.actions import settle
from subscriptions.models import Charge, Purchase
from subscriptions.queries.refunds import Payment, target_of


def locked_charge(stripe_id: str) -> Charge:
    """The locked row of a charge, made when it is not there: whoever comes second sees what came first."""
    Charge.objects.bulk_create([Charge(stripe_id=stripe_id)], ignore_conflicts=True)
    return Charge.objects.select_for_update().get(stripe_id=stripe_id)


def purchase_of(charge: Charge) -> Purchase | None:
    """What was bought with a charge at once; None when an invoice was paid with it, or it is not known yet."""
    return (
        Purchase.objects.select_for_update(of=("self",))
        .select_related("creator", "buyer")
        .filter(charge=charge)
        .first()
    )


@transaction.atomic(savepoint=False)
def settle_payment(*, payment: Payment, now: datetime) -> None:
    """Post what is missing between the books and the facts. Safe to repeat: then nothing is missing."""
    settle(source=payment.source, target=target_of(payment), at=now, memo=memo_of(payment))


def memo_of(payment: Payment) -> str:
    return f"{payment.shown_payer} · {payment.price.tier} · {payment.payee}"[:200]
