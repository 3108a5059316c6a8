"""The world around the provider: buyers who press buttons, banks that settle, cardholders who dispute.

What the hosted pages, the console, the demo and the tests call. Each is one transaction of the sandbox.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from portal.sandbox.errors import ApiError, invalid
from portal.sandbox.handlers import (
    balance,
    checkout,
    connect,
    disputes,
    invoices,
    payments,
    payouts,
    refunds,
    subscriptions,
)
from portal.sandbox.handlers.customers import attach, card_of, new_card
from portal.sandbox.registry import Obj
from portal.sandbox.world import World


def copy(obj: Obj) -> Obj:
    """What callers may keep: changing it changes nothing here."""
    return json.loads(json.dumps(obj))


class Outside(World):
    """The part of the sandbox that acts by itself instead of answering requests."""

    @contextmanager
    def deed(self) -> Iterator[None]:
        """One transaction; a card's no is kept and raised, any other error takes everything back. Wakes the worker."""
        emitted, kept = self.emitted, None
        with self.unit():
            try:
                with self.attempt():
                    try:
                        yield
                    except ApiError as refused:
                        if not refused.keep:
                            raise
                        kept = refused
            except ApiError as refused:
                kept = refused
        if self.emitted > emitted:
            self.notify_events()
        if kept:
            raise kept

    def notify_events(self) -> None:
        getattr(self, "notify", lambda: None)()

    # ---- buyers ----------------------------------------------------------------
    def complete_checkout(
        self,
        session_id: str,
        *,
        card: str | None = "4242424242424242",
        email: str | None = None,
        name: str | None = None,
        promotion_code: str | None = None,
        authenticated: bool | None = None,
    ) -> Obj:
        """Press Pay on the hosted checkout page; returns the session. Raises ApiError: the card's no, or
        `authentication_required` for a 3-D Secure card until `authenticated` says how that went.
        """
        with self.deed():
            session = self.get(session_id, "checkout.session")
            if promotion_code:
                self._enter_code(session, promotion_code)
            checkout.complete(self, session, card, email, name, authenticated)
            return copy(session)

    def enter_promotion_code(self, session_id: str, code: str) -> Obj:
        """Type a promotion code on the checkout page; the session then shows the lower price."""
        with self.deed():
            session = self.get(session_id, "checkout.session")
            self._enter_code(session, code)
            return copy(session)

    def _enter_code(self, session: Obj, code: str) -> None:
        if not session["allow_promotion_codes"]:
            raise invalid("This session takes no promotion codes.", param="promotion_code")
        found = [row for row in self.all("promotion_code", active=True) if row["code"].lower() == code.strip().lower()]
        if not found:
            raise invalid("This code is invalid.", code="promotion_code_invalid", param="promotion_code")
        checkout.price_up(self, session, [{"promotion_code": found[0]["id"]}])

    def expire_checkout(self, session_id: str) -> Obj:
        """The buyer has not come back in time."""
        with self.deed():
            session = self.get(session_id, "checkout.session")
            if session["status"] != "open":
                raise invalid("Only open sessions can be expired.")
            return copy(checkout.expire(self, session))

    def authenticate(self, client_secret: str, *, ok: bool = True) -> Obj:
        """Pass or fail the 3-D Secure step of a payment or setup intent; returns the intent."""
        with self.deed():
            intent = self.get(client_secret.split("_secret_")[0])
            if intent["client_secret"] != client_secret or intent["status"] != "requires_action":
                raise invalid("Nothing is waiting for confirmation.")
            method = self.get(intent["payment_method"], "payment_method")
            if not ok:
                intent.update(status="requires_payment_method", next_action=None)
                failed = "setup_intent.setup_failed" if intent["object"] == "setup_intent" else None
                self.emit(failed or "payment_intent.payment_failed", intent)
            elif intent["object"] == "setup_intent":
                payments.set_up(self, intent, method, authenticated=True)
            else:
                payments.confirm(self, intent, method, authenticated=True)
                invoices.payment_arrived(self, intent)
            return copy(intent)

    def pay_invoice(self, invoice_id: str, *, card: str, authenticated: bool | None = None) -> Obj:
        """Pay an open invoice on its hosted page; the card becomes the customer's default."""
        with self.deed():
            invoice = self.get(invoice_id, "invoice")
            method = new_card(self, card)
            self._needs_3ds(method, authenticated)
            attach(self, method, self.get(invoice["customer"], "customer"), default=True)
            if problem := invoices.pay(self, invoice, method=method["id"], authenticated=bool(authenticated)):
                raise problem
            return copy(invoice)

    def replace_card(self, customer_id: str, *, card: str, authenticated: bool | None = None) -> Obj:
        """Give another card in the billing portal; it is used for all subscriptions of the customer from now on."""
        with self.deed():
            customer = self.get(customer_id, "customer")
            method = new_card(self, card)
            self._needs_3ds(method, authenticated)
            payments.set_up(self, payments.new_setup(self, customer_id), method, authenticated=bool(authenticated))
            attach(self, method, customer, default=True)
            for subscription in self.all("subscription", customer=customer_id):
                if subscription["default_payment_method"]:
                    before = {"default_payment_method": subscription["default_payment_method"]}
                    subscription["default_payment_method"] = method["id"]
                    self.emit("customer.subscription.updated", subscription, before=before)
            return copy(method)

    def _needs_3ds(self, method: Obj, authenticated: bool | None) -> None:
        if card_of(self, method).does not in ("asks", "asks_once") or authenticated:
            return
        why = "Your bank asks you to confirm." if authenticated is None else "Your bank did not confirm the payment."
        raise ApiError(402, "card_error", why, code="authentication_required")

    # ---- creators ----------------------------------------------------------------
    def complete_onboarding(self, account_id: str, *, bank: str = "000123456789") -> Obj:
        """Fill in the whole hosted onboarding form; returns the account in the v1 shape."""
        with self.deed():
            account = self.get(account_id, "account")
            for step in ("person", "bank", "terms"):
                connect.provide(self, account, step, bank=bank)
            self._returned(account_id, "account_onboarding")
            return copy(account)

    def onboarding_step(self, account_id: str, step: str, *, bank: str = "") -> Obj:
        """One step of the form: 'person', 'bank' or 'terms'."""
        with self.deed():
            account = self.get(account_id, "account")
            connect.provide(self, account, step, bank=bank)
            if not account["requirements"]["currently_due"]:
                self._returned(account_id, "account_onboarding")
            return copy(account)

    def _returned(self, account_id: str, use_case: str) -> None:
        self.emit_thin(
            "v2.core.account_link.returned",
            None,
            account_id=account_id,
            configurations=["recipient"],
            use_case=use_case,
        )

    def restrict_account(self, account_id: str, due: str = "individual.first_name") -> Obj:
        """The provider asks a creator for more; transfers are refused until it is there."""
        with self.deed():
            account = self.get(account_id, "account")
            connect.restrict(self, account, due)
            return copy(account)

    # ---- banks -------------------------------------------------------------------
    def settle_payout(self, payout_id: str, *, ok: bool = True) -> Obj:
        """A payout arrives, or the bank sends it back (also days after it was paid)."""
        with self.deed():
            payout = self.get(payout_id, "payout")
            payouts.settle(self, payout, self.account_of(payout_id), ok=ok)
            return copy(payout)

    def open_dispute(self, charge_id: str, *, reason: str = "fraudulent", amount: int | None = None) -> Obj:
        with self.deed():
            return copy(disputes.open_dispute(self, self.get(charge_id, "charge"), reason=reason, amount=amount))

    def close_dispute(self, dispute_id: str, *, won: bool) -> Obj:
        with self.deed():
            return copy(disputes.close(self, self.get(dispute_id, "dispute"), won=won))

    def warn_of_fraud(self, charge_id: str) -> Obj:
        with self.deed():
            return copy(disputes.warn(self, self.get(charge_id, "charge")))

    def fail_refund(self, refund_id: str, *, reason: str = "lost_or_stolen_card") -> Obj:
        """The bank cannot deliver a refund: the money returns to our balance."""
        with self.deed():
            return copy(refunds.fail(self, self.get(refund_id, "refund"), reason))

    def top_up(self, amount: int, currency: str = "usd") -> Obj:
        """Put `amount` minor units of our own money into the platform's balance, available at once."""
        with self.deed():
            return copy(balance.top_up(self, amount, currency))

    # ---- the hosted pages ----------------------------------------------------------
    def cancel_at_period_end(self, subscription_id: str, *, cancel: bool = True) -> Obj:
        """Cancel in the billing portal, or take it back before the period is over."""
        with self.deed():
            subscription = self.get(subscription_id, "subscription")
            return copy(subscriptions.change(self, subscription, {"cancel_at_period_end": cancel}))

    def postpone(self, deed: str, arguments: Obj, back: str, retry: str) -> str:
        """Keep a deed until the cardholder's bank has answered; returns the token of the page that asks.

        `back` is where a yes leads, `retry` where a no does.
        """
        token = secrets.token_urlsafe(18)
        self.note(token, "postponed", {"deed": deed, "arguments": arguments, "back": back, "retry": retry})
        return token

    def postponed(self, token: str) -> Obj | None:
        return self.noted(token, "postponed")
