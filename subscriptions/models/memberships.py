"""Who is a member of whom, since when and why; what every payment was, and what it opened."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.kit.public_ids import public_id
from subscriptions.models.tiers import Benefit, RevenueShare, Tier, TierPrice


class MembershipQuerySet(models.QuerySet["Membership"]):
    def going_on(self) -> "MembershipQuerySet":
        return self.filter(status__in=Membership.GOING_ON)


class Membership(models.Model):
    """One row per fan and creator for ever: who comes back finds the old row, and the tenure with it."""

    class Status(models.TextChoices):
        INCOMPLETE = "incomplete", _("not paid yet")
        TRIALING = "trialing", _("on trial")
        ACTIVE = "active", _("active")
        PAST_DUE = "past_due", _("payment failed")
        PAUSED = "paused", _("paused")
        CANCELED = "canceled", _("ended")

    GOING_ON: ClassVar = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.PAUSED)

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="memberships")
    status = models.CharField(max_length=10, choices=Status, default=Status.INCOMPLETE)
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="memberships")
    price = models.ForeignKey(TierPrice, on_delete=models.PROTECT, related_name="memberships")
    stripe_subscription_id = models.CharField(max_length=64, blank=True)
    joined_at = models.DateTimeField(help_text="The first time; coming back does not change it.")
    anchor_day = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Day of the month it renews on.")
    period_start_at = models.DateTimeField(null=True, blank=True)
    period_end_at = models.DateTimeField(null=True, blank=True)
    cancel_at_period_end = models.BooleanField(default=False)
    resumes_at = models.DateTimeField(null=True, blank=True, help_text="End of a pause asked for or going on.")
    past_due_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-joined_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["fan", "creator"], name="one_membership_per_fan_and_creator"),
            models.UniqueConstraint(
                fields=["stripe_subscription_id"],
                condition=~Q(stripe_subscription_id=""),
                name="subscription_known_once",
            ),
        ]
        indexes = [
            models.Index(fields=["creator", "status", "-joined_at"], name="members_of_creator"),
            # The list of members, page after page: see benchmarks/member_list.py.
            models.Index(fields=["creator", "-joined_at", "-id"], name="members_by_joining"),
        ]

    def __str__(self) -> str:
        return f"{self.fan} with {self.creator} ({self.status})"

    @property
    def is_going_on(self) -> bool:
        return self.status in self.GOING_ON

    @property
    def next_charge_at(self) -> datetime | None:
        """When money is taken next; None when none will be."""
        if not self.is_going_on or self.cancel_at_period_end:
            return None
        return self.resumes_at or self.period_end_at


class Checkout(models.Model):
    """One attempt of one fan to join. Its public id is the key of every call about it at the provider."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        PAID = "paid", _("paid")
        EXPIRED = "expired", _("expired")

    LASTS: ClassVar = timedelta(minutes=60)

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="checkouts")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="checkouts")
    price = models.ForeignKey(TierPrice, on_delete=models.PROTECT, related_name="checkouts")
    quote = models.OneToOneField(
        "subscriptions.Quote", null=True, blank=True, on_delete=models.PROTECT, related_name="checkout"
    )
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    stripe_session_id = models.CharField(max_length=120, blank=True)
    stripe_subscription_id = models.CharField(max_length=64, blank=True)
    url = models.URLField(max_length=1000, blank=True)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fan", "creator"], condition=Q(state="open"), name="one_open_checkout_per_fan_and_creator"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fan} joins {self.creator} ({self.state})"


class Cancellation(models.Model):
    """Somebody asked that a membership ends: who, when, why, from when on, and whether it was taken back."""

    class Reason(models.TextChoices):
        TOO_EXPENSIVE = "too_expensive", _("It costs too much")
        MISSING_FEATURES = "missing_features", _("Something I hoped for is missing")
        SWITCHED = "switched", _("I support somebody else now")
        UNUSED = "unused", _("I do not use it")
        SERVICE = "service", _("I was not treated well")
        LOW_QUALITY = "low_quality", _("The quality is not what I expected")
        TOO_COMPLEX = "too_complex", _("It is too complicated")
        OTHER = "other", _("Something else")

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="cancellations")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True)
    comment = models.CharField(_("in your words"), max_length=500, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.membership} ends {self.ends_at:%Y-%m-%d}" if self.ends_at else f"{self.membership} ends"


class GrantQuerySet(models.QuerySet["Grant"]):
    def live(self, at: datetime) -> "GrantQuerySet":
        return self.filter(
            Q(until_at__isnull=True) | Q(until_at__gt=at),
            Q(revoked_at__isnull=True) | Q(revoked_at__gt=at),
            from_at__lte=at,
        )


class Grant(models.Model):
    """A door that stands open for one fan: to a tier or to one benefit, from what, until when, and who closed it.

    Access is any live grant; nothing else is asked (docs/decisions/0007).
    """

    class Kind(models.TextChoices):
        PAID = "paid", _("paid")
        TRIAL = "trial", _("free trial")
        GIFTED = "gifted", _("given as a gift")
        COMPLIMENTARY = "complimentary", _("given by the creator")
        STAFF = "staff", _("given by staff")
        GRACE = "grace", _("grace while a payment is collected")

    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="grants")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="grants")
    tier = models.ForeignKey(Tier, null=True, blank=True, on_delete=models.PROTECT, related_name="grants")
    benefit = models.ForeignKey(Benefit, null=True, blank=True, on_delete=models.PROTECT, related_name="grants")
    kind = models.CharField(_("source"), max_length=13, choices=Kind)
    source = models.CharField(max_length=120, help_text="What it comes from: invoice:in_123, renewal:sub_123:…")
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: until taken back."))
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(_("why"), max_length=200, blank=True)
    revoked_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    revoked_reason = models.CharField(_("why taken back"), max_length=200, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["from_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["source"], name="one_grant_per_source"),
            models.CheckConstraint(
                condition=Q(tier__isnull=False) ^ Q(benefit__isnull=False), name="grant_opens_one_thing"
            ),
            models.CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gte=F("from_at")), name="grant_ends_after_start"
            ),
        ]
        indexes = [models.Index(fields=["fan", "creator", "until_at"], name="grants_of_fan")]

    def __str__(self) -> str:
        return f"{self.fan}: {self.tier or self.benefit} of {self.creator} ({self.kind})"

    def is_live(self, at: datetime) -> bool:
        ended = self.until_at is not None and self.until_at <= at
        revoked = self.revoked_at is not None and self.revoked_at <= at
        return self.from_at <= at and not ended and not revoked


class Invoice(models.Model):
    """What the provider's invoice says, as facts that only move forward, and the share it is split by."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        PAID = "paid", _("paid")
        UNCOLLECTIBLE = "uncollectible", _("given up")
        VOID = "void", _("void")

    MATURES_AFTER: ClassVar = timedelta(days=7)

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    stripe_id = models.CharField(max_length=64, unique=True)
    stripe_subscription_id = models.CharField(max_length=64)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="invoices")
    price = models.ForeignKey(TierPrice, on_delete=models.PROTECT, related_name="invoices")
    share = models.ForeignKey(RevenueShare, on_delete=models.PROTECT, related_name="invoices")
    share_decision = models.ForeignKey(
        "ShareDecision",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="invoices",
        help_text="The month's decision, of a share with conditions.",
    )
    status = models.CharField(max_length=13, choices=Status, default=Status.OPEN)
    currency = models.CharField(max_length=3)
    gross_minor = models.BigIntegerField(default=0, help_text="Paid, without tax.")
    tax_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0)
    due_minor = models.BigIntegerField(default=0, help_text="Asked for, tax included.")
    discount_minor = models.BigIntegerField(default=0, help_text="Taken off by codes.")
    is_trial = models.BooleanField(default=False, help_text="Its time costs nothing: a free trial.")
    plan_minor = models.BigIntegerField(
        default=0, help_text="What its plan was billed at for the period, less discounts: unused time is worth a part."
    )
    charge = models.OneToOneField(
        "Charge", null=True, blank=True, on_delete=models.PROTECT, related_name="invoice", help_text="What paid it."
    )
    period_start_at = models.DateTimeField()
    period_end_at = models.DateTimeField()
    issued_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    matured_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-issued_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(gross_minor__gte=0, tax_minor__gte=0, fee_minor__gte=0), name="invoice_amounts_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(paid_at__isnull=False), name="invoice_paid_at_some_time"
            ),
        ]
        indexes = [
            models.Index(
                fields=["paid_at"], condition=Q(status="paid", matured_at__isnull=True), name="invoice_not_matured"
            )
        ]

    def __str__(self) -> str:
        return f"{self.stripe_id} ({self.status})"

    @property
    def source(self) -> str:
        """Its name in the books."""
        return f"invoice:{self.stripe_id}"

    @property
    def total_minor(self) -> int:
        return self.gross_minor + self.tax_minor

    @property
    def shown_payer(self) -> str:
        """Who paid, as the creator reads it."""
        return str(self.payer)

    @property
    def payer(self) -> User:
        return self.membership.fan

    @property
    def payee(self) -> Creator:
        return self.membership.creator

    @property
    def is_withheld(self) -> bool:
        """Its time has begun with it, so nothing waits for anybody."""
        return False

    @property
    def platform_bp(self) -> int:
        """The platform's part it is split by: as decided for its month, else as the share says."""
        return self.share_decision.platform_bp if self.share_decision else self.share.platform_bp

    @property
    def number(self) -> str:
        """The receipt's number: unique, in the order the invoices became known, never given twice."""
        return f"R{self.issued_at:%Y}-{self.pk:07d}"


class Charge(models.Model):
    """A payment at the provider. Refunds and disputes name it, and may be known here before its invoice is: the row is
    the lock that lets whoever comes second see what came first."""

    stripe_id = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return self.stripe_id


class ChargeRefund(models.Model):
    """A refund as the provider tells it.

    The rank only grows: pending, then done, then failed (the money came back to us).
    """

    RANKS: ClassVar = {"pending": 1, "requires_action": 1, "succeeded": 2, "failed": 3, "canceled": 3}

    stripe_id = models.CharField(max_length=64, unique=True)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="refunds")
    amount_minor = models.BigIntegerField()
    status = models.CharField(max_length=20)
    rank = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.stripe_id}: {self.amount_minor} ({self.status})"

    @property
    def taken_minor(self) -> int:
        return 0 if self.rank >= self.RANKS["failed"] else self.amount_minor


class ChargeDispute(models.Model):
    """A dispute as the provider tells it. The rank only grows: open, then settled."""

    SETTLED: ClassVar = ("won", "lost")
    WAITING: ClassVar = ("needs_response", "warning_needs_response")

    stripe_id = models.CharField(max_length=64, unique=True)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="disputes")
    amount_minor = models.BigIntegerField(help_text="Taken from us while it is open, and for good when lost.")
    fee_minor = models.BigIntegerField(default=0)
    status = models.CharField(max_length=30)
    rank = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=40, blank=True, help_text="In the bank's words.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="Answered before this, or lost.")

    def __str__(self) -> str:
        return f"{self.stripe_id}: {self.amount_minor} ({self.status})"

    @property
    def is_open(self) -> bool:
        return self.status not in self.SETTLED

    @property
    def open_minor(self) -> int:
        return 0 if self.status in self.SETTLED else self.amount_minor

    @property
    def lost_minor(self) -> int:
        return self.amount_minor if self.status == "lost" else 0
