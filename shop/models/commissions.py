"""What a creator earns by one order line. The facts are dates; the state follows from them."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.money import share_bp
from portal.kit.public_ids import public_id
from shop.models.catalog import Brand, ShopTerms
from shop.models.links import Click, Link
from shop.models.orders import OrderLine


class CommissionQuerySet(models.QuerySet["Commission"]):
    def waiting_for_budget(self) -> "CommissionQuerySet":
        """The oldest sale first: that is the order in which they are funded."""
        return self.filter(state=Commission.State.UNFUNDED).order_by("line__order__placed_at", "pk")

    def due(self, at: datetime) -> "CommissionQuerySet":
        return self.filter(state=Commission.State.PENDING, release_at__lte=at)


class Commission(models.Model):
    """One line's commission, at the rate frozen by the click. Only these dates change; money follows (`postings`)."""

    class State(models.TextChoices):
        UNFUNDED = "unfunded", _("waiting for the brand's budget")
        PENDING = "pending", _("pending until the return window ends")
        HELD = "held", _("held for a review")
        RELEASED = "released", _("available")
        VOID = "void", _("canceled")

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    line = models.OneToOneField(OrderLine, on_delete=models.PROTECT, related_name="commission")
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="commissions")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="commissions")
    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="commissions")
    click = models.ForeignKey(Click, on_delete=models.PROTECT, related_name="commissions")
    terms = models.ForeignKey(ShopTerms, on_delete=models.PROTECT, related_name="+")
    rate_bp = models.PositiveSmallIntegerField()
    fee_bp = models.PositiveSmallIntegerField(
        help_text=_("The shop's fee, paid by the brand on top of the commission.")
    )
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=8, choices=State, default=State.UNFUNDED, db_index=True)
    earned_at = models.DateTimeField(help_text=_("When the sale was made."))
    release_at = models.DateTimeField(help_text=_("When the return window ends."))
    funded_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(
        max_length=200, blank=True, help_text=_("Why it is held or canceled; the creator reads it.")
    )

    objects = CommissionQuerySet.as_manager()

    class Meta:
        ordering = ["-earned_at", "-pk"]
        indexes = [models.Index(fields=["creator", "-earned_at"], name="commission_of_creator")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="unfunded", funded_at__isnull=True) | ~Q(state="unfunded"),
                name="unfunded_has_no_date",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["pending", "held", "released"]) | Q(funded_at__isnull=False),
                name="money_needs_a_funded_commission",
            ),
        ]

    def __str__(self) -> str:
        return f"commission of {self.creator} on {self.line}"

    def get_absolute_url(self) -> str:
        return reverse("commission_detail", args=[self.public_id])

    @property
    def source(self) -> str:
        """The ledger's name of it."""
        return f"order_line:{self.line.public_id}"

    @property
    def amount_minor(self) -> int:
        """What it is worth now: nothing once canceled or returned."""
        return 0 if self.voided_at else share_bp(self.line.kept_minor, self.rate_bp)

    @property
    def fee_minor(self) -> int:
        return 0 if self.voided_at else share_bp(self.line.kept_minor, self.fee_bp)

    @property
    def cost_minor(self) -> int:
        """What it takes from the brand's budget."""
        return self.amount_minor + self.fee_minor

    def state_of_facts(self) -> str:
        if self.voided_at or (self.line.paid_minor and not self.line.kept_minor):
            return self.State.VOID
        if not self.funded_at:
            return self.State.UNFUNDED
        if self.held_at:
            return self.State.HELD
        return self.State.RELEASED if self.released_at else self.State.PENDING


class CommissionEvent(models.Model):
    """One change of a commission: what, when, why and by whom. The creator reads this list."""

    class Kind(models.TextChoices):
        EARNED = "earned", _("Earned")
        FUNDED = "funded", _("Covered by the brand's budget")
        RETURNED = "returned", _("Something was returned")
        RELEASED = "released", _("Released: yours to be paid out")
        HELD = "held", _("Held for a review")
        LIFTED = "lifted", _("The review is over")
        VOIDED = "voided", _("Canceled")

    commission = models.ForeignKey(Commission, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=8, choices=Kind)
    at = models.DateTimeField()
    amount_minor = models.BigIntegerField(help_text=_("What the commission is worth from here on."))
    reason = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.commission}"
