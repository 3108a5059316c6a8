"""The money a brand puts in before commissions are paid from it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.kit.public_ids import public_id
from shop.models.catalog import Brand


class TopUp(models.Model):
    """One payment into a brand's budget, by the provider's checkout."""

    class State(models.TextChoices):
        STARTED = "started", _("not paid yet")
        PAID = "paid", _("paid")
        EXPIRED = "expired", _("not paid in time")

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="top_ups")
    amount_minor = models.PositiveBigIntegerField(_("amount"))
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=8, choices=State, default=State.STARTED)
    stripe_session_id = models.CharField(max_length=120, blank=True, db_index=True)
    payment_intent_id = models.CharField(max_length=120, blank=True, db_index=True)
    stripe_fee_minor = models.PositiveBigIntegerField(default=0)
    refunded_minor = models.PositiveBigIntegerField(default=0)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="a_top_up_brings_money"),
            models.CheckConstraint(condition=Q(refunded_minor__lte=F("amount_minor")), name="top_up_refund_within_it"),
            models.CheckConstraint(
                condition=Q(state="paid", paid_at__isnull=False) | (~Q(state="paid") & Q(paid_at__isnull=True)),
                name="a_paid_top_up_has_its_day",
            ),
        ]

    def __str__(self) -> str:
        return f"top-up of {self.brand}"

    @property
    def source(self) -> str:
        return f"top_up:{self.public_id}"
