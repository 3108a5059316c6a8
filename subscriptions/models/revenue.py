"""What recurring revenue is made of: how each membership stood from when on, and what each change was worth.

Both are written once and never edited. The steps are facts; the events follow from them by a pure function
(`subscriptions.movements`), so they can be computed again and must come out the same.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from subscriptions.models.memberships import Membership
from subscriptions.models.tiers import Tier, TierPrice


class MembershipStep(models.Model):
    """How a membership stood from one moment on, until its next step."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField(help_text="1 is the first; no gaps.")
    at = models.DateTimeField()
    status = models.CharField(max_length=10)
    is_ending = models.BooleanField(default=False)
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="+")
    price = models.ForeignKey(TierPrice, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    monthly_minor = models.BigIntegerField(help_text="What one month of it brings from then on; 0 when nothing.")

    class Meta:
        ordering: ClassVar = ["membership", "number"]
        constraints = [
            models.UniqueConstraint(fields=["membership", "number"], name="one_step_per_number"),
            models.CheckConstraint(condition=Q(monthly_minor__gte=0), name="step_brings_nothing_or_more"),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} step {self.number}: {self.status}"


class MrrEvent(models.Model):
    """A change of monthly recurring revenue: by how much, why, and to what, of one membership."""

    class Kind(models.TextChoices):
        NEW = "new", _("New")
        EXPANSION = "expansion", _("Expansion")
        CONTRACTION = "contraction", _("Contraction")
        CHURN = "churn", _("Churn")
        REACTIVATION = "reactivation", _("Reactivation")

    GAINS: ClassVar = (Kind.NEW, Kind.EXPANSION, Kind.REACTIVATION)
    ARRIVALS: ClassVar = (Kind.NEW, Kind.REACTIVATION)

    key = models.CharField(max_length=60, unique=True, help_text="mrr:membership:step")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="mrr_events")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="mrr_events")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    at = models.DateTimeField()
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="+", help_text="After; of a churn: before.")
    currency = models.CharField(max_length=3)
    delta_minor = models.BigIntegerField()
    mrr_minor = models.BigIntegerField(help_text="Of this membership, after it.")

    class Meta:
        ordering: ClassVar = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=("new", "expansion", "reactivation"), delta_minor__gt=0)
                | Q(kind__in=("contraction", "churn"), delta_minor__lt=0),
                name="mrr_event_moves_its_way",
            ),
            models.CheckConstraint(
                condition=Q(kind="churn", mrr_minor=0) | (~Q(kind="churn") & Q(mrr_minor__gt=0)),
                name="mrr_is_nothing_after_churn_alone",
            ),
        ]
        indexes = [models.Index(fields=["creator", "at"], name="mrr_of_creator")]

    def __str__(self) -> str:
        return f"{self.kind} {self.delta_minor} {self.currency} ({self.key})"
