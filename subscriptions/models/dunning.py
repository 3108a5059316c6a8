"""Payments that failed and are tried again, money given back on purpose, and what the house watches over."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kit.public_ids import public_id
from subscriptions.models.memberships import ChargeRefund, Invoice, Membership

if TYPE_CHECKING:
    from subscriptions.models.gifts import Purchase


class DunningQuerySet(models.QuerySet["Dunning"]):
    def open(self) -> "DunningQuerySet":
        return self.filter(state=Dunning.State.OPEN)

    def due(self, at: datetime) -> "DunningQuerySet":
        """To be tried now: nobody has it in hand, the membership still wants to be paid, nobody asked to leave."""
        free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=at - Dunning.CLAIM_LASTS)
        leaving = Q(membership__cancellations__isnull=False, membership__cancellations__undone_at__isnull=True)
        return self.open().filter(free, next_attempt_at__lte=at).exclude(leaving)


class Dunning(models.Model):
    """One unpaid renewal: when it is tried next, until when, and how it ended. Its tries are `PaymentAttempt` rows."""

    class State(models.TextChoices):
        OPEN = "open", _("being collected")
        RECOVERED = "recovered", _("paid")
        GIVEN_UP = "given_up", _("given up")
        STOPPED = "stopped", _("stopped")

    # After the first failure, each wait after the one before: 21 days in all.
    RETRY_AFTER_DAYS: ClassVar = (2, 5, 7, 7)
    MOST_MANUAL: ClassVar = 5
    CLAIM_LASTS: ClassVar = timedelta(minutes=10)

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="dunnings")
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="dunning")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    amount_minor = models.PositiveBigIntegerField(help_text="What is asked for.")
    failed_at = models.DateTimeField(help_text="When it was first tried.")
    deadline_at = models.DateTimeField(help_text="The membership ends then.")
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    decline_code = models.CharField(max_length=60, blank=True, help_text="The bank's last word.")
    card = models.CharField(max_length=64, blank=True, help_text="The card that said no last.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    seat_freed_at = models.DateTimeField(
        null=True, blank=True, help_text="From here on somebody else may have the place."
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = DunningQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-failed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="dunning_ended_at_some_time",
            ),
            models.CheckConstraint(
                condition=Q(state="open") | Q(next_attempt_at__isnull=True), name="dunning_over_is_not_tried"
            ),
        ]
        indexes = [models.Index(fields=["next_attempt_at"], condition=Q(state="open"), name="dunning_waiting")]

    def __str__(self) -> str:
        return f"{self.invoice_id}: {self.amount_minor} ({self.state})"

    @classmethod
    def retry_moments(cls, failed_at: datetime) -> list[datetime]:
        """When it is tried again: 2, 7, 14 and 21 days after the first failure."""
        found, day = [], 0
        for wait in cls.RETRY_AFTER_DAYS:
            day += wait
            found.append(failed_at + timedelta(days=day))
        return found


class PaymentAttempt(models.Model):
    """One try to collect an unpaid renewal. Its row is there before the provider is asked, and names the key."""

    class Kind(models.TextChoices):
        PLANNED = "planned", _("by plan")
        NEW_CARD = "new_card", _("with a new card")
        BY_FAN = "by_fan", _("by the member")

    class Outcome(models.TextChoices):
        ASKED = "asked", _("no answer yet")
        PAID = "paid", _("paid")
        DECLINED = "declined", _("declined")

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    dunning = models.ForeignKey(Dunning, on_delete=models.CASCADE, related_name="attempts")
    kind = models.CharField(max_length=8, choices=Kind)
    card = models.CharField(max_length=64, blank=True, help_text="The card to use; empty: the membership's.")
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.ASKED)
    decline_code = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["dunning"], condition=Q(outcome="asked"), name="one_attempt_in_the_air"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.asked_at:%Y-%m-%d}: {self.outcome}"

    @property
    def key(self) -> str:
        """What the provider is asked under; the same question again gives the same answer."""
        return f"attempt:{self.public_id}"


class RefundOrder(models.Model):
    """Somebody, or a rule, decided to give money back: how much, why, and what the provider made of it."""

    class State(models.TextChoices):
        ASKED = "asked", _("on its way")
        DONE = "done", _("given back")
        REFUSED = "refused", _("refused by the provider")

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    invoice = models.ForeignKey(Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="refund_orders")
    purchase = models.ForeignKey(
        "subscriptions.Purchase", null=True, blank=True, on_delete=models.PROTECT, related_name="refund_orders"
    )
    amount_minor = models.PositiveBigIntegerField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(_("why"), max_length=200, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    refund = models.OneToOneField(
        ChargeRefund, null=True, blank=True, on_delete=models.PROTECT, related_name="order", help_text="As it was done."
    )

    class Meta:
        ordering: ClassVar = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["invoice"], condition=Q(state="asked"), name="one_refund_in_the_air"),
            models.UniqueConstraint(
                fields=["purchase"], condition=Q(state="asked"), name="one_refund_of_a_purchase_in_the_air"
            ),
            models.CheckConstraint(
                condition=Q(invoice__isnull=False) ^ Q(purchase__isnull=False), name="refund_is_of_one_payment"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="refund_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id or self.purchase_id}: {self.amount_minor} ({self.state})"

    @property
    def payment(self) -> "Invoice | Purchase":
        payment = self.invoice or self.purchase
        assert payment is not None
        return payment


class FraudRule(models.Model):
    """Which payments that a bank suspects are given back without asking anybody: small and young ones. Never edited."""

    FIRST_MOST_MINOR: ClassVar = 10_000
    FIRST_WITHIN_DAYS: ClassVar = 120

    version = models.PositiveIntegerField(unique=True)
    most_minor = models.PositiveBigIntegerField(_("at most, in minor units"))
    within_days = models.PositiveSmallIntegerField(_("not older than, in days"))
    effective_date = models.DateField(_("from"))
    note = models.CharField(_("why"), max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-version"]

    def __str__(self) -> str:
        return f"v{self.version}: {self.most_minor} within {self.within_days} days"

    @classmethod
    def install_first(cls) -> None:
        """The rule a fresh portal starts with. Safe to repeat."""
        cls.objects.get_or_create(
            version=1,
            defaults={
                "most_minor": cls.FIRST_MOST_MINOR,
                "within_days": cls.FIRST_WITHIN_DAYS,
                "effective_date": date(2022, 5, 26),
                "note": "Banks may dispute a payment for 120 days; larger ones are for staff.",
            },
        )


class Alarm(models.Model):
    """Something that should be so and is not. Raised and resolved by looking; nobody has to press a button."""

    class Kind(models.TextChoices):
        RENEWAL_MISSED = "renewal_missed", _("A renewal was due and did not happen")
        END_MISSED = "end_missed", _("A membership should have ended and did not")
        UNTRIED = "untried", _("An unpaid renewal was due to be tried and was not")
        OPEN_UNPAID = "open_unpaid", _("A paid door stands open without a payment")
        PAID_CLOSED = "paid_closed", _("A payment came and opened no door")
        SEAT_STUCK = "seat_stuck", _("A seat of a gift pool did not get back to who paid for it")
        DISPUTE_DUE = "dispute_due", _("A bank waits for an answer")
        UNREADABLE = "unreadable", _("A row could not be looked at")

    kind = models.CharField(max_length=14, choices=Kind)
    about = models.CharField(max_length=80, help_text="What it is about: membership:…, invoice:…, grant:…")
    sentence = models.CharField(max_length=300)
    since_at = models.DateTimeField(help_text="When it should have been.")
    raised_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-raised_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "about"], condition=Q(resolved_at__isnull=True), name="one_open_alarm_per_thing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.about}"
