"""What our rows say about a payment that a bank disputes: the dossier, and the same as evidence for the bank.

Banks read English, and what they are told are facts with their moments; so nothing here goes through the catalogs but the
labels that staff read.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.kit.money import format_money
from portal.notices.models import Notice
from subscriptions.models import (
    ChargeDispute,
    Checkout,
    Comment,
    Gift,
    Invoice,
    Message,
    PostReading,
    Purchase,
    Quote,
)
from subscriptions.queries.payments import paid_by
from subscriptions.queries.refunds import Payment

# A field of the provider holds no more than this.
LONGEST = 20_000
MOST_LINES = 40
CANCELLATION = (
    "A member cancels on one page with one press, at any time; nothing is charged after that, and what was paid for stays open"
    " until its end. The charge now, the next charge and its day were shown before the payment, in writing."
)
REFUNDS = (
    "A refund does not need a dispute: the creator and the portal's staff give back all or a part on request. Gifts that"
    " nobody has claimed can be given back by the buyer within 14 days."
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One part of the dossier. `field` is the provider's name for it."""

    field: str
    label: str | Promise
    text: str


@dataclass(frozen=True, slots=True)
class DisputeDossier:
    dispute: ChargeDispute
    payment: Payment
    facts: list[Fact]

    def evidence(self, words: str = "") -> dict[str, str]:
        """What is sent, by the provider's fields; `words` of staff come first in the free text."""
        found = {fact.field: fact.text for fact in self.facts}
        if words.strip():
            found["uncategorized_text"] = f"{words.strip()}\n\n{found.get('uncategorized_text', '')}".strip()
        return {field: text[:LONGEST] for field, text in found.items() if text}


def open_disputes() -> QuerySet[ChargeDispute]:
    """What a bank asks about now, the most urgent first."""
    rows = ChargeDispute.objects.exclude(status__in=ChargeDispute.SETTLED)
    return rows.select_related("charge", "answer").order_by("due_at", "pk")


def disputes_without_day() -> QuerySet[ChargeDispute]:
    """Those that a bank waits on, and of which we do not know until when."""
    return open_disputes().filter(due_at__isnull=True, status__in=ChargeDispute.WAITING)


def disputed_payment(*, dispute: ChargeDispute) -> Payment | None:
    """What was paid with the charge; None while the payment is not known here yet."""
    shared = ("price__tier", "charge", "share")
    invoice = Invoice.objects.filter(charge=dispute.charge_id)
    bought = Purchase.objects.filter(charge=dispute.charge_id)
    return (
        invoice.select_related("membership__fan", "membership__creator", *shared).first()
        or bought.select_related("buyer", "creator", "quote", *shared).first()
    )


def dispute_dossier(*, dispute: ChargeDispute) -> DisputeDossier | None:
    """Everything we know and can show, from rows alone. Ten queries, however much there is."""
    payment = disputed_payment(dispute=dispute)
    if payment is None or payment.paid_at is None:
        return None
    agreed = "\n\n".join(filter(None, [_agreement(payment), _receipt(payment), _earlier(payment)]))
    facts = [
        Fact("customer_name", _("Who paid"), str(payment.payer)),
        Fact("customer_email_address", _("Email"), payment.payer.email),
        Fact("product_description", _("What was sold"), _product(payment)),
        Fact("service_date", _("From when"), _service_date(payment)),
        Fact("access_activity_log", _("What was used after the payment"), _activity(payment)),
        Fact("cancellation_policy_disclosure", _("How one leaves"), CANCELLATION),
        Fact("refund_policy_disclosure", _("How one gets money back"), REFUNDS),
        Fact("uncategorized_text", _("Agreed to, told, and paid before"), agreed),
    ]
    return DisputeDossier(dispute, payment, [fact for fact in facts if fact.text])


def _money(minor: int, currency: str) -> str:
    return format_money(minor, currency, "en")


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _product(payment: Payment) -> str:
    what = f"Membership tier '{payment.price.tier}' of {payment.payee.display_name} (digital content, opened at once)"
    if isinstance(payment, Purchase):
        return f"{what}: {payment.get_kind_display()}, {payment.months} month(s), paid once"
    return f"{what}: {payment.period_start_at:%Y-%m-%d} to {payment.period_end_at:%Y-%m-%d}"


def _service_date(payment: Payment) -> str:
    begun = payment.paid_at if isinstance(payment, Purchase) else payment.period_start_at
    return f"{begun:%Y-%m-%d}" if begun else ""


def _agreement(payment: Payment) -> str:
    """The quote that the payment rests on: its own, or that of the day they joined."""
    quote = payment.quote if isinstance(payment, Purchase) else Quote.objects.filter(invoice=payment).first()
    if quote is None and isinstance(payment, Invoice):
        begun = Checkout.objects.filter(stripe_subscription_id=payment.stripe_subscription_id, quote__isnull=False)
        checkout = begun.select_related("quote").order_by("pk").first()
        quote = checkout.quote if checkout else None
    if quote is None or quote.accepted_at is None:
        return ""
    when, shown = _moment(quote.accepted_at), _moment(quote.quoted_at)
    now = _money(quote.charge_now_minor, quote.currency)
    lines = [f"On {when} the signed-in customer agreed to offer {quote.public_id}, shown at {shown}: {now} at once."]
    if quote.next_charge_minor is not None and quote.next_charge_at is not None:
        next_charge = _money(quote.next_charge_minor, quote.currency)
        lines.append(f"Shown with it: the next charge of {next_charge} on {quote.next_charge_at:%Y-%m-%d}.")
    lines.append(f"Signature of what was shown: {quote.signature}.")
    return " ".join(lines)


def _receipt(payment: Payment) -> str:
    told = Notice.objects.filter(key=f"receipt:{payment.source}", user=payment.payer).first()
    if told is None:
        return ""
    mailed = f" and mailed to {payment.payer.email} at {_moment(told.emailed_at)}" if told.emailed_at else ""
    return f"Receipt {payment.number} was put into the customer's account at {_moment(told.told_at)}{mailed}."


def _activity(payment: Payment) -> str:
    """Only what left a row: posts opened, comments, chat, a gift that was claimed; after the payment."""
    who, creator, since = payment.payer, payment.payee, payment.paid_at
    lines: list[tuple[datetime, str]] = []
    read = PostReading.objects.filter(reader=who, post__creator=creator, read_at__gte=since).select_related("post")
    said = Comment.objects.filter(author=who, post__creator=creator, sent_at__gte=since).select_related("post")
    chat = Message.objects.filter(author=who, room__creator=creator, sent_at__gte=since)
    lines += [(row.read_at, f"opened '{row.post.title}'") for row in read.order_by("-read_at")[:MOST_LINES]]
    lines += [(row.sent_at, f"commented on '{row.post.title}'") for row in said.order_by("-sent_at")[:MOST_LINES]]
    lines += [(row.sent_at, "wrote in the members' chat") for row in chat.order_by("-sent_at")[:MOST_LINES]]
    gift = Gift.objects.filter(purchase=payment, claimed_at__isnull=False) if isinstance(payment, Purchase) else None
    if gift is not None and (claimed := gift.first()) is not None and claimed.claimed_at is not None:
        lines.append((claimed.claimed_at, "the gift was claimed by its link"))
    newest = sorted(lines, reverse=True)[:MOST_LINES]
    return "\n".join(f"{_moment(at)}: {what}" for at, what in reversed(newest))


def _earlier(payment: Payment) -> str:
    """Payments of the same customer before this one that nobody disputed."""
    disputed = ChargeDispute.objects.values("charge")
    paid = paid_by(fan=payment.payer)
    assert payment.paid_at is not None
    rows = [
        row
        for both in (paid.invoices, paid.purchases)
        for row in both.filter(paid_at__lt=payment.paid_at).exclude(charge__in=disputed).order_by("-paid_at")[:5]
    ]
    lines = [f"{row.paid_at:%Y-%m-%d}: {_money(row.total_minor, row.currency)}, receipt {row.number}" for row in rows]
    return "Earlier payments of the same customer, not disputed:\n" + "\n".join(lines) if lines else ""
