"""The way in: one attempt to join is one row, and one session at the provider under that row's key."""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.payments import gateway
from portal.payments.actions import ensure_customer, refusing
from portal.programs.models import Program
from portal.programs.queries import require_enrollment
from subscriptions.actions.invoices import record_invoice
from subscriptions.actions.memberships import record_subscription
from subscriptions.models import Checkout, Membership, Tier
from subscriptions.queries.tiers import current_price, seats_left
from subscriptions.readings import SessionReading, Told, invoice_reading, session_reading, subscription_reading


class TierIsNotOnSale(Refusal):
    sentence = _("Nobody can join this tier right now.")


class OwnTier(Refusal):
    sentence = _("This is your own tier: everything in it is open to you already.")


class AlreadyMember(Refusal):
    sentence = _("You are a member of %(creator)s already.")


class TierIsFull(Refusal):
    sentence = _("Every place in this tier is taken.")


def start_checkout(*, fan: User, tier: Tier, now: datetime) -> Checkout:
    """Begin to join; send the fan to the `url` of what is returned. The price asked is the price charged.

    Refused: the creator may not sell, the tier is not on sale or full, it is the fan's own, or they are a member.
    A failed earlier attempt never stands in the way. Safe to repeat: while an attempt for the same price is open, it
    is the one returned; the provider is asked under the key `checkout:{public_id}`, outside any transaction.
    """
    require_enrollment(creator=tier.creator, program=Program.SUBSCRIPTIONS, on=now.date(), now=now)
    for open_one in Checkout.objects.filter(fan=fan, creator=tier.creator, state=Checkout.State.OPEN):
        _close_if_stale(open_one, tier, now)
    checkout = _reserve(fan=fan, tier=tier, now=now)
    if checkout.url:
        return checkout
    session = _open_session(checkout)
    with transaction.atomic():
        row = Checkout.objects.select_for_update().get(pk=checkout.pk)
        row.stripe_session_id, row.url = session.id, session.url or ""
        row.save(update_fields=["stripe_session_id", "url"])
    return row


@transaction.atomic
def _reserve(*, fan: User, tier: Tier, now: datetime) -> Checkout:
    # The tier's row is the lock for its places.
    tier = Tier.objects.select_for_update().get(pk=tier.pk)
    price = current_price(tier=tier, at=now)
    if not tier.is_on_sale or price is None or not price.stripe_price_id:
        raise TierIsNotOnSale
    if tier.creator.user_id == fan.pk:
        raise OwnTier
    if Membership.objects.going_on().filter(fan=fan, creator=tier.creator).exists():
        raise AlreadyMember(creator=tier.creator.display_name)
    if seats_left(tier=tier, but_for=fan.pk) == 0:
        raise TierIsFull
    expires_at = now + Checkout.LASTS
    try:
        with transaction.atomic():
            return Checkout.objects.create(
                fan=fan, creator=tier.creator, price=price, started_at=now, expires_at=expires_at
            )
    except IntegrityError:
        # A second click came while the first one was on its way.
        return Checkout.objects.get(fan=fan, creator=tier.creator, state=Checkout.State.OPEN)


def _close_if_stale(checkout: Checkout, tier: Tier, now: datetime) -> None:
    """An open attempt for the current price of this tier is kept; any other is closed at the provider first."""
    price = current_price(tier=tier, at=now)
    if checkout.expires_at <= now or price is None or checkout.price_id != price.pk:
        close_checkout(checkout=checkout, now=now)


def close_checkout(*, checkout: Checkout, now: datetime) -> Checkout:
    """End an open attempt, at the provider first, so that nobody can pay for a place given to somebody else.

    An attempt that was paid meanwhile counts as paid. Safe to repeat.
    """
    if checkout.stripe_session_id:
        with refusing():
            session: Told = gateway.fetch_checkout_session(checkout.stripe_session_id)
            if session.status == "open":
                with gateway.asking():
                    session = gateway.client().v1.checkout.sessions.expire(checkout.stripe_session_id)
        if session.status == "complete":
            return refresh_checkout(checkout=checkout, now=now)
    Checkout.objects.filter(pk=checkout.pk, state=Checkout.State.OPEN).update(
        state=Checkout.State.EXPIRED, closed_at=now
    )
    checkout.refresh_from_db()
    return checkout


def _open_session(checkout: Checkout) -> Told:
    site, creator = settings.SITE_URL, checkout.creator
    with refusing():
        customer = ensure_customer(user=checkout.fan)
        with gateway.asking():
            return gateway.client().v1.checkout.sessions.create(
                {
                    "mode": "subscription",
                    "customer": customer,
                    "client_reference_id": checkout.public_id,
                    "line_items": [{"price": checkout.price.stripe_price_id, "quantity": 1}],
                    "success_url": site + reverse("thank_you", args=[checkout.public_id]),
                    "cancel_url": site + reverse("creator_page", args=[creator.handle]),
                    "metadata": {"checkout": checkout.public_id},
                    # Every later invoice carries this, so any event finds its way here, in any order.
                    "subscription_data": {"metadata": {"checkout": checkout.public_id}},
                },
                {"idempotency_key": f"checkout:{checkout.public_id}"},
            )


def refresh_checkout(*, checkout: Checkout, now: datetime) -> Checkout:
    """Take over how the attempt stands at the provider now, without waiting for its events. Safe to repeat.

    This is what lets the thank-you page open the doors even when no event has arrived yet.
    """
    if not checkout.stripe_session_id:
        return checkout
    with refusing():
        session = session_reading(gateway.fetch_checkout_session(checkout.stripe_session_id))
        subscription = gateway.fetch_subscription(session.subscription_id) if session.subscription_id else None
        reading = subscription_reading(subscription) if subscription else None
        latest = reading.latest_invoice_id if reading else ""
        invoice = invoice_reading(gateway.fetch_invoice(latest)) if latest else None
    with transaction.atomic():
        record_session(reading=session, now=now)
        if reading is not None:
            record_subscription(reading=reading, now=now)
        if invoice is not None:
            record_invoice(reading=invoice, now=now)
    checkout.refresh_from_db()
    return checkout


@transaction.atomic
def record_session(*, reading: SessionReading, now: datetime) -> Checkout | None:
    """Take over what a session says; None when it is not of this app. Safe to repeat; paid stays paid."""
    checkout = Checkout.objects.select_for_update().filter(public_id=reading.checkout).first()
    if checkout is None:
        return None
    if reading.status == "complete" and checkout.state != Checkout.State.PAID:
        checkout.state, checkout.closed_at = Checkout.State.PAID, now
    elif reading.status == "expired" and checkout.state == Checkout.State.OPEN:
        checkout.state, checkout.closed_at = Checkout.State.EXPIRED, now
    checkout.stripe_session_id = checkout.stripe_session_id or reading.id
    checkout.stripe_subscription_id = checkout.stripe_subscription_id or reading.subscription_id
    checkout.save()
    return checkout
