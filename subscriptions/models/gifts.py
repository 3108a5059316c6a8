"""What is paid once instead of by subscription: a purchase, and the gift that one may be."""

import hmac
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.kit.public_ids import public_id
from portal.kit.signing import derived_secret
from subscriptions.models.memberships import Charge, Grant
from subscriptions.models.quotes import Quote
from subscriptions.models.shares import ShareDecision
from subscriptions.models.tiers import RevenueShare, Tier, TierPrice


class Purchase(models.Model):
    """One payment that is never asked for again. Its facts only move forward, as those of an invoice do.

    `earned_at`: from when on the creator's part is the creator's; before that it is held (a gift nobody has claimed).
    """

    class Kind(models.TextChoices):
        GIFT = "gift", _("Gift")
        PASS = "pass", _("Pass")
        POOL = "pool", _("Seats of a gift pool")

    class State(models.TextChoices):
        OPEN = "open", _("at the checkout")
        PAID = "paid", _("paid")
        EXPIRED = "expired", _("not paid")

    MATURES_AFTER: ClassVar = timedelta(days=7)
    LASTS: ClassVar = timedelta(minutes=30)

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    kind = models.CharField(max_length=4, choices=Kind)
    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="purchases")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="purchases")
    price = models.ForeignKey(
        TierPrice, on_delete=models.PROTECT, related_name="purchases", help_text="What the amount was computed from."
    )
    months = models.PositiveSmallIntegerField()
    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="purchase")
    share = models.ForeignKey(RevenueShare, null=True, blank=True, on_delete=models.PROTECT, related_name="purchases")
    share_decision = models.ForeignKey(
        ShareDecision, null=True, blank=True, on_delete=models.PROTECT, related_name="purchases"
    )
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    amount_minor = models.PositiveBigIntegerField(help_text="Asked for.")
    currency = models.CharField(max_length=3)
    gross_minor = models.BigIntegerField(default=0, help_text="Paid, without tax.")
    tax_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0)
    charge = models.OneToOneField(Charge, null=True, blank=True, on_delete=models.PROTECT, related_name="purchase")
    stripe_session_id = models.CharField(max_length=120, blank=True)
    url = models.URLField(max_length=1000, blank=True)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    earned_at = models.DateTimeField(null=True, blank=True)
    matured_at = models.DateTimeField(null=True, blank=True)
    end_told_at = models.DateTimeField(null=True, blank=True, help_text="When its buyer heard that a pass ends.")

    class Meta:
        ordering: ClassVar = ["-started_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(gross_minor__gte=0, tax_minor__gte=0, fee_minor__gte=0), name="purchase_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(state="paid") | Q(paid_at__isnull=False, share__isnull=False),
                name="purchase_paid_sometime",
            ),
            models.CheckConstraint(
                condition=Q(matured_at__isnull=True) | Q(earned_at__isnull=False), name="purchase_matures_once_earned"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=1, months__gte=1), name="purchase_is_of_something"),
        ]
        indexes = [
            models.Index(
                fields=["earned_at"], condition=Q(state="paid", matured_at__isnull=True), name="purchase_not_matured"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.buyer} ({self.state})"

    @property
    def source(self) -> str:
        """Its name in the books."""
        return f"purchase:{self.public_id}"

    @property
    def total_minor(self) -> int:
        return self.gross_minor + self.tax_minor

    @property
    def platform_bp(self) -> int:
        if self.share_decision is not None:
            return self.share_decision.platform_bp
        return self.share.platform_bp if self.share is not None else 0

    @property
    def payer(self) -> User:
        return self.buyer

    @property
    def shown_payer(self) -> str:
        """Who paid, as the creator reads it: whoever funds a pool may stay without a name."""
        unnamed = self.kind == self.Kind.POOL and self.pool_funding.is_anonymous
        return str(_("somebody without a name")) if unnamed else str(self.buyer)

    @property
    def payee(self) -> Creator:
        return self.creator

    @property
    def is_withheld(self) -> bool:
        """Whether the creator's part waits for something that was bought and not used yet."""
        return self.earned_at is None

    @property
    def number(self) -> str:
        """The receipt's number: never given twice."""
        return f"P{self.started_at:%Y}-{self.pk:07d}"


class MovesCharge(models.Model):
    """Given time that a membership may wait for: whose next charge moves until when, and what the provider has heard."""

    moves_charge_of = models.CharField(
        max_length=64, blank=True, help_text="The subscription whose next charge waits for it."
    )
    moves_charge_to = models.DateTimeField(null=True, blank=True)
    charge_moved_at = models.DateTimeField(null=True, blank=True, help_text="When the provider had heard of it.")
    charge_returned_at = models.DateTimeField(
        null=True, blank=True, help_text="When it heard that the gift was taken back."
    )

    class Meta:
        abstract = True


class GiftQuerySet(models.QuerySet["Gift"]):
    def paid(self) -> "GiftQuerySet":
        return self.filter(purchase__state=Purchase.State.PAID)

    def unclaimed(self) -> "GiftQuerySet":
        """Paid, not taken back, nobody has it yet; the deadline may be over."""
        return self.paid().filter(claimed_at__isnull=True, withdrawn_at__isnull=True, expired_at__isnull=True)

    def to_deliver(self, now: datetime) -> "GiftQuerySet":
        due = Q(deliver_at__isnull=True) | Q(deliver_at__lte=now)
        return self.unclaimed().filter(due, delivered_at__isnull=True, expires_at__gt=now).exclude(recipient_email="")


class Gift(MovesCharge):
    """Months of a tier that one person buys (`buyer`), for another (`recipient_…`), and somebody takes (`redeemer`).

    It exists before it is paid. Delivery is the mail with the link; claiming begins the months; a deadline nobody kept
    is its expiration. A refund of all of it, or a lost dispute, withdraws it and what it gave.
    """

    MONTHS: ClassVar = (1, 3, 6, 12)
    CLAIMED_WITHIN: ClassVar = timedelta(days=365)
    DELIVERED_WITHIN: ClassVar = timedelta(days=365)
    REMINDED_BEFORE: ClassVar = timedelta(days=7)
    BACK_WITHIN: ClassVar = timedelta(days=14)

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="gift")
    purchase = models.OneToOneField(Purchase, null=True, blank=True, on_delete=models.PROTECT, related_name="gift")
    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="gifts_bought")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="gifts")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="gifts")
    months = models.PositiveSmallIntegerField()
    recipient_name = models.CharField(_("for"), max_length=60, blank=True)
    recipient_email = models.EmailField(_("their email"), blank=True)
    message = models.TextField(_("a word with it"), max_length=500, blank=True)
    deliver_at = models.DateTimeField(null=True, blank=True, help_text="Empty: once it is paid.")
    delivered_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Claimed before this, or never.")
    reminded_at = models.DateTimeField(null=True, blank=True)
    redeemer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="gifts_claimed"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    grant = models.OneToOneField(Grant, null=True, blank=True, on_delete=models.PROTECT, related_name="gift")
    expired_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=20, blank=True, help_text="refunded, disputed")
    made_at = models.DateTimeField()

    objects = GiftQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(claimed_at__isnull=True, redeemer__isnull=True, grant__isnull=True)
                | Q(claimed_at__isnull=False, redeemer__isnull=False, grant__isnull=False),
                name="gift_claimed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(claimed_at__isnull=True) | Q(claimed_at__lt=F("expires_at")), name="gift_claimed_in_time"
            ),
            models.CheckConstraint(
                condition=Q(claimed_at__isnull=True) | Q(expired_at__isnull=True), name="gift_claimed_or_expired"
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(claimed_at__isnull=True, withdrawn_at__isnull=True, expired_at__isnull=True),
                name="gifts_not_claimed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.months} × {self.tier} from {self.buyer}"

    @property
    def source(self) -> str:
        """What its grant names as its source."""
        return f"gift:{self.public_id}"

    @property
    def is_paid(self) -> bool:
        return self.purchase is not None and self.purchase.state == Purchase.State.PAID

    def state(self, at: datetime) -> str:
        """One of: unpaid, withdrawn, claimed, expired, scheduled, waiting. The deadline itself counts, not the job."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if not self.is_paid or self.expires_at is None:
            return "unpaid"
        if self.claimed_at is not None:
            return "claimed"
        if self.expired_at is not None or self.expires_at <= at:
            return "expired"
        is_later = self.deliver_at is not None and self.deliver_at > at and self.delivered_at is None
        return "scheduled" if is_later else "waiting"

    def is_used_up(self, at: datetime) -> bool:
        """Whether somebody claimed it and its months are over."""
        return self.grant is not None and self.grant.until_at is not None and self.grant.until_at <= at

    @property
    def secret(self) -> str:
        """What the claim link ends with; derived, so that no table holds it."""
        return derived_secret("gift", self.public_id).removeprefix("gift_")[:40]

    def opens_with(self, secret: str) -> bool:
        """Whether a link is the gift's own, compared in constant time; also under the portal's former secrets."""
        masters = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        known = [derived_secret("gift", self.public_id, master).removeprefix("gift_")[:40] for master in masters]
        return secret.isascii() and any(hmac.compare_digest(one, secret) for one in known)
