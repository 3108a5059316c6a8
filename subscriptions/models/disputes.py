"""What staff told a bank about a payment that somebody disputes."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kit.public_ids import public_id
from subscriptions.models.memberships import ChargeDispute


class DisputeAnswer(models.Model):
    """The one answer to a dispute, as it was sent: evidence, or that it is accepted. Never edited."""

    class Kind(models.TextChoices):
        EVIDENCE = "evidence", _("evidence")
        ACCEPTED = "accepted", _("accepted")

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    dispute = models.OneToOneField(ChargeDispute, on_delete=models.PROTECT, related_name="answer")
    kind = models.CharField(max_length=8, choices=Kind)
    evidence = models.JSONField(default=dict, help_text="By the provider's names of its fields.")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When the provider had it.")

    class Meta:
        ordering: ClassVar = ["-decided_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.dispute.stripe_id}: {self.kind}"
