"""Who people are at the provider: payers (customers) and payees (payout accounts)."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.kit.jobs import enqueue
from portal.kit.refusal import Refusal
from portal.payments import gateway
from portal.payments.models import Customer, PayoutAccount
from portal.payments.postings import account_standing


class ProviderIsSilent(Refusal):
    sentence = _("The payment provider does not answer. Nothing was changed; please try again in a minute.")
    status = 503


class ProviderRefused(Refusal):
    sentence = _("The payment provider refused: %(reason)s")
    status = 422


def ensure_customer(*, user: User) -> str:
    """The provider's id of this payer. Safe to repeat: asked for once, under the key `customer:{user}:{email}`."""
    known = Customer.objects.filter(user=user).first()
    if known is not None:
        return known.stripe_id
    email = hashlib.sha256(user.email.encode()).hexdigest()[:12]
    with refusing(), gateway.asking():
        made = gateway.client().v1.customers.create(
            {"email": user.email, "name": str(user), "metadata": {"user": user.public_id}},
            # The email is part of the key: the same key with another email would be refused.
            {"idempotency_key": f"customer:{user.public_id}:{email}"},
        )
    try:
        with transaction.atomic():
            return Customer.objects.create(user=user, stripe_id=made.id).stripe_id
    except IntegrityError:
        return Customer.objects.get(user=user).stripe_id


def open_payout_account(*, creator: Creator, now: datetime) -> PayoutAccount:
    """The creator's account at the provider. Safe to repeat: asked for once, under the key `account:{creator}`."""
    known = PayoutAccount.objects.filter(creator=creator).first()
    if known is not None:
        return known
    asked: Any = {
        "contact_email": creator.user.email,
        "display_name": creator.display_name,
        "dashboard": "express",
        "identity": {"country": creator.region.lower()},
        # The platform pays the provider and carries losses: separate charges and transfers.
        "defaults": {
            "currency": creator.currency,
            "responsibilities": {"fees_collector": "application", "losses_collector": "application"},
        },
        "configuration": {"recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}},
        "metadata": {"creator": creator.public_id},
        "include": gateway.ACCOUNT_PARTS,
    }
    with refusing(), gateway.asking():
        key = f"account:{creator.public_id}"
        made = gateway.client().v2.core.accounts.create(asked, {"idempotency_key": key})
    values = {"stripe_id": made.id, "country": creator.region, "currency": creator.currency, "opened_at": now}
    account, _created = PayoutAccount.objects.get_or_create(creator=creator, defaults=values)
    return _record(account=account, current=made, now=now)


def onboarding_link(*, creator: Creator, now: datetime) -> str:
    """The provider's page where the creator gives or changes payout details: a fresh address that works once.

    Opens the payout account first where there is none. Repeating only gives another address.
    """
    account = open_payout_account(creator=creator, now=now)
    site = settings.SITE_URL
    with refusing(), gateway.asking():
        link = gateway.client().v2.core.account_links.create(
            {
                "account": account.stripe_id,
                "use_case": {
                    "type": "account_onboarding",
                    "account_onboarding": {
                        "refresh_url": site + reverse("payout_account_refresh"),
                        "return_url": site + reverse("payout_account_return"),
                    },
                },
            }
        )
    return link.url


def read_payout_account(*, account: PayoutAccount, now: datetime) -> PayoutAccount:
    """Take over how the account stands at the provider right now. Safe to repeat."""
    with refusing():
        current = gateway.fetch_account(account.stripe_id)
    return _record(account=account, current=current, now=now)


def read_bank(*, account: PayoutAccount, now: datetime) -> PayoutAccount:
    """Look which bank is behind the account. A new one behind a ready account makes payouts wait; the owner is told.

    Safe to repeat: a bank that is known changes nothing. The first bank of an account is no change.
    """
    with refusing():
        bank = gateway.fetch_bank(account.stripe_id)
    with transaction.atomic():
        row = PayoutAccount.objects.select_for_update().get(pk=account.pk)
        if bank in ("", row.bank):
            return row
        is_change = bool(row.bank) and row.ready_at is not None
        row.bank = bank
        if is_change:
            row.changed_at = now
            _warn(row, now)
        row.save(update_fields=["bank", "changed_at"])
        return row


def _warn(account: PayoutAccount, now: datetime) -> None:
    enqueue(
        "notices.tell_person",
        user_id=account.creator.user_id,
        kind="payments.payout_details_changed",
        subject=str(_("Your payout details were changed")),
        body=str(_("If this was not you, tell us now: payouts wait a few days after a change, for exactly this case.")),
        url=reverse("payout_account"),
        key=f"payout_details_changed:{account.pk}:{account.bank}",
    )


@transaction.atomic
def _record(*, account: PayoutAccount, current: gateway.Account, now: datetime) -> PayoutAccount:
    row = PayoutAccount.objects.select_for_update().get(pk=account.pk)
    standing = account_standing(current.to_dict(), was_ready=row.ready_at is not None)
    row.state, row.requirements, row.read_at = standing.state, standing.requirements, now
    row.country, row.currency = standing.country or row.country, standing.currency or row.currency
    if row.is_ready and row.ready_at is None:
        row.ready_at = now
    row.save()
    return row


@contextmanager
def refusing() -> Iterator[None]:
    """Turns `Unclear` and `CertainRefusal` of the gateway into a sentence for the person who waits in front of the page."""
    try:
        yield
    except gateway.Unclear as error:
        raise ProviderIsSilent from error
    except gateway.CertainRefusal as error:
        raise ProviderRefused(reason=error) from error
