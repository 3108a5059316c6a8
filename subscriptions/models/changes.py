"""What is to become of a membership: a change of its plan, a pause, and prices that change for everybody."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.kit.public_ids import public_id
from subscriptions.models.memberships import Membership
from subscriptions.models.quotes import Quote
from subscriptions.models.tiers import TierPrice


class PriceChange(models.Model):
    """A creator's new price reaches the members who joined at an older one: from when, and told when."""

    NOTICE_DAYS: ClassVar = 7

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    price = models.OneToOneField(TierPrice, on_delete=models.PROTECT, related_name="change_for_members")
    announced_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    announced_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-announced_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.price} for members from {self.effective_at:%Y-%m-%d}"


class PauseQuerySet(models.QuerySet["Pause"]):
    def open(self) -> "PauseQuerySet":
        """Asked for or going on, and known to the provider."""
        return self.filter(ended_at__isnull=True, sent_at__isnull=False)


class PlanChangeQuerySet(models.QuerySet["PlanChange"]):
    def pending(self) -> "PlanChangeQuerySet":
        """Neither done nor dropped."""
        return self.filter(applied_at__isnull=True, dropped_at__isnull=True)


class PlanChange(models.Model):
    """One membership goes to another price: at once, or when the paid time is over. At most one waits."""

    class Dropped(models.TextChoices):
        TAKEN_BACK = "taken_back", _("taken back")
        REPLACED = "replaced", _("another change was asked for")
        UNPAID = "unpaid", _("the payment did not go through")
        ENDING = "ending", _("the membership ends")
        GONE = "gone", _("the tier is no longer on sale")

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="changes")
    quote = models.OneToOneField(
        Quote, null=True, blank=True, on_delete=models.PROTECT, related_name="change", help_text="Asked for by the fan."
    )
    price_change = models.ForeignKey(
        PriceChange,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="changes",
        help_text="By the creator.",
    )
    from_price = models.ForeignKey(TierPrice, on_delete=models.PROTECT, related_name="+")
    price = models.ForeignKey(TierPrice, on_delete=models.PROTECT, related_name="changes")
    asked_at = models.DateTimeField(help_text="Asked for by the fan, or told to them.")
    effective_at = models.DateTimeField(help_text="At once, or the end of a paid period.")
    stripe_schedule_id = models.CharField(max_length=64, blank=True, help_text="Waits at the provider.")
    released_at = models.DateTimeField(null=True, blank=True, help_text="No longer waits at the provider.")
    applied_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)
    dropped_reason = models.CharField(max_length=10, choices=Dropped, blank=True)

    objects = PlanChangeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["membership"],
                condition=Q(applied_at__isnull=True, dropped_at__isnull=True),
                name="one_pending_change_per_membership",
            ),
            models.CheckConstraint(
                condition=Q(quote__isnull=False) ^ Q(price_change__isnull=False), name="change_has_one_cause"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership}: {self.price}"

    @property
    def is_now(self) -> bool:
        return self.quote is not None and self.quote.is_now

    @property
    def key(self) -> str:
        """Its name in calls to the provider; a restored database deals row numbers a second time."""
        if self.quote is not None:
            return f"quote:{self.quote.public_id}"
        change = self.price_change.public_id if self.price_change else ""
        return f"price:{change}:{self.membership.public_id}:{int(self.asked_at.timestamp())}"


class Pause(models.Model):
    """A break without charge and without access: from the end of the paid time until it resumes by itself."""

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="pauses")
    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="pause")
    asked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When the provider knew of it.")
    starts_at = models.DateTimeField()
    resumes_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True, help_text="When the fan was told that it ends soon.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Resumed, taken back, or the membership ended.")

    objects = PauseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-starts_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["membership"], condition=Q(ended_at__isnull=True), name="one_pause_per_membership"
            ),
            models.CheckConstraint(condition=Q(resumes_at__gt=F("starts_at")), name="pause_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.membership} until {self.resumes_at:%Y-%m-%d}"
