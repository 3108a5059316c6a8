"""Deeds around a brand's budget: top-ups by the provider's checkout."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.ledger.actions import settle
from portal.payments import gateway
from shop.actions.commissions import fund_waiting
from shop.models import Brand, TopUp
from shop.postings import top_up_target

SMALLEST_MINOR, LARGEST_MINOR = 1_000, 99_999_999


class TopUpOutOfRange(Refusal):
    sentence = _("Choose an amount between 10 and 999,999.")
    status = 422
    field = "amount"


@transaction.atomic
def start_top_up(*, brand: Brand, amount_minor: int, by: User, now: datetime) -> TopUp:
    """Reserve a top-up. Each call is one of its own; nothing is in the books before the provider says it is paid."""
    if not SMALLEST_MINOR <= amount_minor <= LARGEST_MINOR:
        raise TopUpOutOfRange
    return TopUp.objects.create(
        brand=brand, amount_minor=amount_minor, currency=brand.currency, started_by=by, started_at=now
    )


def open_checkout(*, top_up: TopUp) -> str:
    """Ask the provider for its checkout page and return the address; call it outside any transaction.

    Safe to repeat: the key is the top-up's, so the provider answers with the same page.
    """
    back = f"{settings.SITE_URL}{reverse('brand_top_up')}"
    with gateway.asking():
        session = gateway.client().v1.checkout.sessions.create(
            params={
                "mode": "payment",
                "success_url": f"{back}?paid={top_up.public_id}",
                "cancel_url": f"{back}?canceled={top_up.public_id}",
                "client_reference_id": f"top_up:{top_up.public_id}",
                "metadata": {"kind": "shop_top_up", "top_up": top_up.public_id},
                "payment_intent_data": {"metadata": {"kind": "shop_top_up", "top_up": top_up.public_id}},
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": top_up.currency,
                            "unit_amount": top_up.amount_minor,
                            "product_data": {"name": f"Commission budget of {top_up.brand.name}"},
                        },
                    }
                ],
            },
            options={"idempotency_key": f"top-up-{top_up.public_id}"},
        )
    TopUp.objects.filter(pk=top_up.pk).update(stripe_session_id=session.id)
    return str(session.url)


@transaction.atomic
def record_top_up(
    *, top_up: TopUp, paid_at: datetime, stripe_fee_minor: int, payment_intent_id: str, now: datetime
) -> TopUp:
    """The provider says it is paid: the budget grows and waiting commissions are covered. Safe to repeat."""
    top_up = _locked(top_up)
    top_up.state = TopUp.State.PAID
    top_up.paid_at = top_up.paid_at or paid_at
    top_up.stripe_fee_minor = max(top_up.stripe_fee_minor, stripe_fee_minor)
    top_up.payment_intent_id = payment_intent_id
    top_up.save()
    _settle(top_up, now)
    fund_waiting(brand=top_up.brand, now=now)
    return top_up


@transaction.atomic
def record_top_up_refund(*, top_up: TopUp, refunded_minor: int, now: datetime) -> TopUp:
    """So much of it was paid back in all. Only ever grows, so repeats and old news change nothing."""
    top_up = _locked(top_up)
    if top_up.state == TopUp.State.PAID and refunded_minor > top_up.refunded_minor:
        top_up.refunded_minor = min(refunded_minor, top_up.amount_minor)
        top_up.save(update_fields=["refunded_minor"])
        _settle(top_up, now)
    return top_up


@transaction.atomic
def expire_top_up(*, top_up: TopUp) -> TopUp:
    """The checkout page ran out unpaid. A paid top-up stays paid."""
    top_up = _locked(top_up)
    if top_up.state == TopUp.State.STARTED:
        top_up.state = TopUp.State.EXPIRED
        top_up.save(update_fields=["state"])
    return top_up


def _locked(top_up: TopUp) -> TopUp:
    return TopUp.objects.select_for_update(of=("self",)).select_related("brand").get(pk=top_up.pk)


def _settle(top_up: TopUp, now: datetime) -> None:
    target = top_up_target(
        brand=top_up.brand.public_id,
        currency=top_up.currency,
        amount_minor=top_up.amount_minor,
        stripe_fee_minor=top_up.stripe_fee_minor,
        refunded_minor=top_up.refunded_minor,
    )
    settle(source=top_up.source, target=target, at=now, memo=f"budget of {top_up.brand.name}")
