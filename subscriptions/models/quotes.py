"""What a fan was shown before they agreed: charge now, charge next, what opens and what closes, for fifteen minutes."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.public_ids import public_id
from subscriptions.models.memberships import Invoice, Membership
from subscriptions.models.tiers import TierPrice


class Quote(models.Model):
    """One offer to one fan. Its numbers are never edited; what is agreed to is what is charged.

    `inputs` are the facts it was computed from: when one of them has moved, there is a new quote (`replaces`, `moved`).
    """

    class Kind(models.TextChoices):
        JOIN = "join", _("Join")
        UPGRADE = "upgrade", _("Change now")
        DOWNGRADE = "downgrade", _("Change at the end of the paid time")
        PAUSE = "pause", _("Pause")
        RESUME = "resume", _("Resume")
        CANCEL = "cancel", _("Cancel")
        GIFT = "gift", _("Gift")
        PASS = "pass", _("Pass")
        STAY = "stay", _("Stay at a lower price")
        POOL = "pool", _("Seats of a gift pool")

    LASTS: ClassVar = timedelta(minutes=15)

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    kind = models.CharField(max_length=9, choices=Kind)
    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="quotes")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="quotes")
    membership = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="quotes", help_text="Empty: to join."
    )
    price = models.ForeignKey(
        TierPrice, null=True, blank=True, on_delete=models.PROTECT, related_name="quotes", help_text="The price wanted."
    )
    amount_minor = models.PositiveBigIntegerField(
        default=0, help_text="Each period; more than the price if the fan says."
    )
    months = models.PositiveSmallIntegerField(default=0, help_text="How long a pause is to last.")
    code = models.CharField(max_length=40, blank=True)
    inputs = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    charge_now_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    next_charge_minor = models.PositiveBigIntegerField(null=True, blank=True)
    next_charge_at = models.DateTimeField(null=True, blank=True)
    later = models.JSONField(default=list, help_text="Further changes of the charge: [{at, amount_minor}].")
    effective_at = models.DateTimeField()
    gained = models.JSONField(default=list, help_text="What opens: [{title, from, until}].")
    lost = models.JSONField(default=list, help_text="What closes: [{title, from}].")
    quoted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    signature = models.CharField(max_length=80)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaced_by")
    moved = models.JSONField(default=list, help_text="What had moved since the quote before.")
    accepted_at = models.DateTimeField(null=True, blank=True)
    invoice = models.OneToOneField(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="quote", help_text="What charged it."
    )
    charged_minor = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-quoted_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["join", "gift", "pass", "pool"]) | Q(membership__isnull=False),
                name="quote_is_of_a_membership",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["pause", "resume", "cancel", "stay"]) | Q(price__isnull=False),
                name="quote_has_a_price",
            ),
        ]
        indexes = [models.Index(fields=["fan", "-quoted_at"], name="quotes_of_fan")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.fan} with {self.creator}, {self.charge_now_minor} {self.currency} now"

    def is_open(self, at: datetime) -> bool:
        return self.accepted_at is None and at < self.expires_at

    @property
    def is_now(self) -> bool:
        """Whether it takes effect at once rather than at the end of the paid time."""
        return self.effective_at <= self.quoted_at

    @property
    def is_charged_otherwise(self) -> bool:
        """The alarm: the provider took another amount than was shown."""
        return self.charged_minor is not None and self.charged_minor != self.charge_now_minor
