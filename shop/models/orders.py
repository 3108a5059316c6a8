"""What brands report: orders, deliveries and returns; and which clicks were looked at for each line."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.kit.public_ids import public_id
from shop.models.catalog import Brand, Product
from shop.models.links import Click


class Order(models.Model):
    """One order of a brand's shop, once per the brand's own number."""

    class Origin(models.TextChoices):
        WEBHOOK = "webhook", _("sent by the brand's shop")
        IMPORT = "import", _("imported from a file")

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="orders")
    external_id = models.CharField(_("order number"), max_length=64)
    currency = models.CharField(max_length=3)
    placed_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    buyer_region = models.CharField(max_length=2, blank=True)
    buyer_hash = models.CharField(
        max_length=64, blank=True, help_text=_("SHA-256 of the buyer's email in lower case; for own purchases only.")
    )
    click_token = models.CharField(max_length=24, blank=True)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.WEBHOOK)
    digest = models.CharField(
        max_length=64, help_text=_("SHA-256 of the report: the same number with other content is refused.")
    )
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-placed_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["brand", "external_id"], name="one_order_per_number")]

    def __str__(self) -> str:
        return f"order {self.external_id} at {self.brand}"


class OrderLine(models.Model):
    """One line of an order: what was really paid for it, without tax and shipping, and why it earns or not."""

    class Reason(models.TextChoices):
        CREDITED = "credited", _("A click led to it.")
        NO_CLICK = "no_click", _("No click on a creator's link led to it.")
        OTHER_PRODUCT = "other_product", _("The buyer had followed a link, but to another product.")
        OUTSIDE_WINDOW = "outside_window", _("The click was too long ago.")
        OWN_PURCHASE = "own_purchase", _("A creator's own purchase earns nothing.")
        BOT = "bot", _("Only machines had followed the link.")
        REGION_CLOSED = "region_closed", _("The product was not open in the buyer's region.")
        NOT_LISTED = "not_listed", _("The product was not listed at the time of the click.")
        NOT_ENROLLED = "not_enrolled", _("The creator was not part of the shop program at the time of the click.")
        OTHER_CURRENCY = "other_currency", _("It was paid in another currency than the product is listed in.")
        UNKNOWN_PRODUCT = "unknown_product", _("The brand has not listed a product with this SKU.")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    external_id = models.CharField(max_length=64)
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="order_lines")
    sku = models.CharField(max_length=40)
    quantity = models.PositiveIntegerField()
    paid_minor = models.PositiveBigIntegerField(
        help_text=_("Really paid for the whole line, without tax and shipping.")
    )
    returned_minor = models.PositiveBigIntegerField(default=0)
    reason = models.CharField(max_length=16, choices=Reason, default=Reason.NO_CLICK)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "external_id"], name="one_line_per_number"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="a_line_sells_something"),
            models.CheckConstraint(condition=Q(returned_minor__lte=F("paid_minor")), name="no_more_returned_than_paid"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"

    @property
    def kept_minor(self) -> int:
        return self.paid_minor - self.returned_minor


class OrderReturn(models.Model):
    """Something came back. A return that arrives before its order waits with no line, and is applied with the order."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="returns")
    external_id = models.CharField(_("return number"), max_length=64)
    order_number = models.CharField(max_length=64)
    line_number = models.CharField(max_length=64)
    line = models.ForeignKey(OrderLine, null=True, blank=True, on_delete=models.PROTECT, related_name="returns")
    quantity = models.PositiveIntegerField()
    amount_minor = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text=_("Given back, without tax and shipping; empty: in proportion to the quantity."),
    )
    returned_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-returned_at", "-pk"]
        indexes = [
            models.Index(fields=["brand", "order_number"], condition=Q(line=None), name="return_waiting_for_order")
        ]
        constraints = [
            models.UniqueConstraint(fields=["brand", "external_id"], name="one_return_per_number"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="a_return_brings_something"),
        ]

    def __str__(self) -> str:
        return f"return {self.external_id} at {self.brand}"


class Delivery(models.Model):
    """An order has arrived at the buyer; may be reported before the order itself."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="deliveries")
    order_number = models.CharField(max_length=64)
    delivered_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["brand", "order_number"], name="one_delivery_per_order")]

    def __str__(self) -> str:
        return f"delivery of {self.order_number}"


class Touch(models.Model):
    """One click that was looked at for a line, and what was found: the whole path, not only the winner."""

    class Verdict(models.TextChoices):
        CREDITED = "credited", _("the last click that counts")
        EARLIER = "earlier", _("counts, but a later click came after it")
        AFTER_ORDER = "after_order", _("after the order")
        OUTSIDE_WINDOW = "outside_window", _("too long before the order")
        OWN = "own", _("the creator's own")
        BOT = "bot", _("a machine")
        NOT_LISTED = "not_listed", _("the product was not listed")
        REGION_CLOSED = "region_closed", _("not open in the buyer's region")
        NOT_ENROLLED = "not_enrolled", _("the creator was not part of the shop program")
        OTHER_CURRENCY = "other_currency", _("paid in another currency")

    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="touches")
    click = models.ForeignKey(Click, on_delete=models.PROTECT, related_name="touches")
    verdict = models.CharField(max_length=16, choices=Verdict)

    class Meta:
        verbose_name_plural = "touches"
        ordering = ["click__at"]
        constraints = [models.UniqueConstraint(fields=["line", "click"], name="one_touch_per_click_and_line")]

    def __str__(self) -> str:
        return f"{self.click}: {self.verdict}"
