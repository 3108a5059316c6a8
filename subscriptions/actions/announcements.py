"""Tell people before something happens: each moment once, and each to be switched off under its own name."""

from datetime import datetime, timedelta

from django.urls import reverse

from portal.kit.words import day_lazy, money_lazy
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from portal.notices.models import Notice
from portal.payments import gateway
from portal.payments.actions import refusing
from subscriptions.models import Membership, PaymentCard, Trial
from subscriptions.queries.upcoming import card_key, expires_at, renewal_key, trial_key


def announce_renewal(*, membership: Membership, now: datetime) -> Notice:
    """A payment comes: how much, when, and how to leave before. The amount is the provider's own. Told once a period."""
    asked = _next_amount(membership.stripe_subscription_id)
    creator = membership.creator
    day = _day(membership.period_end_at or now)
    return tell(
        to=membership.fan,
        kind="subscriptions.renewal_soon",
        subject=_("%(creator)s renews on %(day)s: %(amount)s")
        % {"creator": creator.display_name, "day": day, "amount": asked},
        body=_(
            "%(tier)s of %(creator)s renews on %(day)s, and your card is charged %(amount)s. You can leave before that."
        )
        % {"tier": membership.tier, "creator": creator.display_name, "day": day, "amount": asked},
        url=reverse("membership_list"),
        now=now,
        key=renewal_key(membership),
    )


def announce_trial_end(*, trial: Trial, now: datetime) -> Notice:
    """A free trial ends and the first payment comes: how much and when. Told once."""
    asked, day = _next_amount(trial.stripe_subscription_id), _day(trial.ends_at)
    return tell(
        to=trial.fan,
        kind="subscriptions.trial_ending",
        subject=_("Your free trial of %(creator)s ends on %(day)s")
        % {"creator": trial.creator.display_name, "day": day},
        body=_("Then your card is charged %(amount)s for %(tier)s. Leave before that and nothing is charged.")
        % {"amount": asked, "tier": trial.tier},
        url=reverse("membership_list"),
        now=now,
        key=trial_key(trial),
    )


def announce_card_expiry(*, card: PaymentCard, now: datetime) -> Notice:
    """A card that pays memberships expires soon. Told once for each date on it."""
    last_day = day_lazy(expires_at(card) - timedelta(days=1))
    return tell(
        to=card.user,
        kind="subscriptions.card_expiring",
        subject=_("Your card that ends in %(last4)s expires soon") % {"last4": card.last4},
        body=_("It counts until %(day)s. Give another card, and your memberships go on without a break.")
        % {"day": last_day},
        url=reverse("membership_list"),
        now=now,
        key=card_key(card),
    )


def _next_amount(subscription_id: str) -> str:
    """What the provider will charge next, with codes, credit and tax: the amount shown is the amount charged."""
    with refusing(), gateway.asking():
        preview = gateway.client().v1.invoices.create_preview({"subscription": subscription_id})
    return money_lazy(preview.amount_due, preview.currency)


def _day(moment: datetime) -> str:
    return day_lazy(moment)
