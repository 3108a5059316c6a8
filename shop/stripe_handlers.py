"""Events of the provider about top-ups. Other apps listen to the same events; each looks whether it is its own."""

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from portal.payments import gateway
from portal.payments.inbox import on
from portal.payments.models import StripeEvent
from shop.actions.budget import expire_top_up, record_top_up, record_top_up_refund
from shop.models import TopUp


@on("checkout.session.completed", "checkout.session.async_payment_succeeded")
def record_paid_top_up(*, event: StripeEvent) -> None:
    session: Any = gateway.fetch_checkout_session(event.object_id)
    top_up = _top_up(session)
    if top_up is None or session.payment_status != "paid":
        return
    intent = session.payment_intent
    charge = intent.latest_charge
    balance = charge.balance_transaction
    record_top_up(
        top_up=top_up,
        paid_at=datetime.fromtimestamp(charge.created, UTC),
        stripe_fee_minor=balance.fee if balance else 0,
        payment_intent_id=intent.id,
        now=timezone.now(),
    )


@on("checkout.session.expired")
def record_expired_top_up(*, event: StripeEvent) -> None:
    top_up = _top_up(gateway.fetch_checkout_session(event.object_id))
    if top_up is not None:
        expire_top_up(top_up=top_up)


@on("charge.refunded")
def record_refunded_top_up(*, event: StripeEvent) -> None:
    charge: Any = gateway.fetch_charge(event.object_id)
    top_up = TopUp.objects.filter(payment_intent_id=charge.payment_intent or "-").first()
    if top_up is not None:
        record_top_up_refund(top_up=top_up, refunded_minor=charge.amount_refunded, now=timezone.now())


def _top_up(session: Any) -> TopUp | None:
    metadata = session.metadata.to_dict() if session.metadata else {}
    if metadata.get("kind") != "shop_top_up":
        return None
    return TopUp.objects.filter(public_id=metadata.get("top_up")).first()
