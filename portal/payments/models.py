"""What the provider told us (the inbox), who our people are there, and where creators are paid."""

from datetime import UTC, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Expression, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    def unhandled(self) -> "StripeEventQuerySet":
        return self.filter(handled_at=None)

    def stuck(self, since: datetime | Expression) -> "StripeEventQuerySet":
        """Unhandled although they came before that moment: somebody has to look."""
        return self.unhandled().filter(received_at__lt=since)

    def due(self, at: datetime) -> "StripeEventQuerySet":
        """Unhandled, in nobody's hands, and their waiting time after a failure is over."""
        return self.unhandled().filter(claimed_at=None, due_at__lte=at)


class StripeEvent(models.Model):
    """One event of the provider: stored once by its id, handled once. A hint that something moved, never the truth."""

    event_id = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=120, db_index=True, help_text="The provider's name for what happened.")
    account = models.CharField(
        max_length=64, blank=True, help_text="The connected account it happened in, if not ours."
    )
    api_version = models.CharField(max_length=40, blank=True)
    is_thin = models.BooleanField(default=False)
    payload = models.JSONField()
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=120, blank=True, db_index=True)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="Not before this moment; moved back after each failure.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=120, blank=True)
    last_error = models.TextField(blank=True)

    objects = StripeEventQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-received_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["due_at"], condition=Q(handled_at=None), name="event_waiting")]
        constraints: ClassVar = [
            # Two events about one object are never in two workers' hands at once: the later look would lose.
            models.UniqueConstraint(
                fields=["object_id"],
                condition=Q(claimed_at__isnull=False, handled_at=None) & ~Q(object_id=""),
                name="one_event_in_hand_per_object",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.event_id})"

    @property
    def happened_at(self) -> datetime:
        """When the provider says it happened."""
        created = self.payload["created"]
        if isinstance(created, str):
            return datetime.fromisoformat(created)
        return datetime.fromtimestamp(created, tz=UTC)


class Customer(models.Model):
    """A person as the provider knows the payer."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="customer")
    stripe_id = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.user} ({self.stripe_id})"


class PayoutAccount(models.Model):
    """Where a creator is paid: an account at the provider, which knows the bank; we never see it."""

    class State(models.TextChoices):
        ONBOARDING = "onboarding", _("not finished yet")
        READY = "ready", _("ready")
        RESTRICTED = "restricted", _("restricted")

    creator = models.OneToOneField(Creator, on_delete=models.PROTECT, related_name="payout_account")
    stripe_id = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=12, choices=State, default=State.ONBOARDING)
    requirements = models.JSONField(
        default=list, blank=True, help_text="What the provider still asks for, in its words."
    )
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    bank = models.CharField(max_length=64, blank=True, help_text="The provider's id of the bank account behind it.")
    opened_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True, help_text="When it was ready for the first time.")
    changed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the details of a ready account last changed."
    )
    read_at = models.DateTimeField(null=True, blank=True, help_text="When we last read the account at the provider.")

    def __str__(self) -> str:
        return f"{self.creator} ({self.stripe_id}, {self.state})"

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY
