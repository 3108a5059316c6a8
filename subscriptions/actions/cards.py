"""Which cards people have given the provider: to recognize them, and to say when they expire."""

from datetime import datetime

from django.db import transaction

from portal.payments.models import Customer
from subscriptions.models import PaymentCard
from subscriptions.readings import CardReading


@transaction.atomic
def record_card(*, reading: CardReading, now: datetime) -> tuple[PaymentCard, bool] | None:
    """Take over what a card says, and whether it is new here; None when it belongs to nobody we know. Safe to repeat."""
    customer = Customer.objects.filter(stripe_id=reading.customer_id).first() if reading.customer_id else None
    if customer is None:
        return None
    return PaymentCard.objects.update_or_create(
        stripe_id=reading.id,
        defaults={
            "fingerprint": reading.fingerprint,
            "brand": reading.brand,
            "last4": reading.last4,
            "exp_month": reading.exp_month,
            "exp_year": reading.exp_year,
        },
        create_defaults={
            "user_id": customer.user_id,
            "fingerprint": reading.fingerprint,
            "brand": reading.brand,
            "last4": reading.last4,
            "exp_month": reading.exp_month,
            "exp_year": reading.exp_year,
            "seen_at": now,
        },
    )
