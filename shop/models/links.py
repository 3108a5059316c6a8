"""Showcases, links with their receipt, and the clicks on them."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.public_ids import public_id
from shop.models.catalog import PlanVersion, Product, ShopTerms
from shop.visitors import new_token


def link_code() -> str:
    return public_id(8)


def click_token() -> str:
    return new_token()


class ShowcaseItem(models.Model):
    """A product on a creator's public shop page."""

    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, related_name="showcase_items")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="showcase_items")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-added_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "product"], condition=Q(removed_at=None), name="product_once_per_showcase"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product} at {self.creator}"


class LinkQuerySet(models.QuerySet["Link"]):
    def live(self, at: datetime) -> "LinkQuerySet":
        return self.filter(created_at__lte=at).filter(Q(closed_at__isnull=True) | Q(closed_at__gt=at))


class Link(models.Model):
    """A creator's address for a product. The receipt (rate, plan version, window, lock) is frozen when it is made."""

    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="shop_links")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="links")
    code = models.CharField(max_length=12, unique=True, default=link_code, editable=False)
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="links")
    terms = models.ForeignKey(ShopTerms, on_delete=models.PROTECT, related_name="+")
    rate_bp = models.PositiveSmallIntegerField()
    window_days = models.PositiveSmallIntegerField()
    locked_until = models.DateTimeField(help_text=_("Until then a cut of the rate does not touch this link."))
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "product"], condition=Q(closed_at=None), name="one_live_link_per_product"
            )
        ]

    def __str__(self) -> str:
        return f"{self.creator} → {self.product}"

    def get_absolute_url(self) -> str:
        return reverse("affiliate_link", args=[self.code])

    @property
    def window(self) -> timedelta:
        return timedelta(days=self.window_days)

    def destination(self) -> str:
        """Where a click leads: the brand's own shop, else the product's page here."""
        return self.product.url or self.product.get_absolute_url()


class Click(models.Model):
    """Somebody followed a link. The token travels to the brand's shop and comes back with the order."""

    class Flag(models.TextChoices):
        NONE = "", _("counts")
        BOT = "bot", _("a machine")
        OWN = "own", _("the creator's own")

    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="clicks")
    token = models.CharField(max_length=24, unique=True, default=click_token)
    visitor = models.CharField(max_length=24)
    at = models.DateTimeField()
    region = models.CharField(max_length=2, blank=True)
    referrer = models.CharField(max_length=120, blank=True, help_text=_("The host only."))
    flag = models.CharField(max_length=4, choices=Flag, blank=True, default=Flag.NONE)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["visitor", "at"], name="click_of_visitor"),
            models.Index(fields=["link", "at"], name="click_on_link"),
        ]

    def __str__(self) -> str:
        return f"{self.link} at {self.at:%Y-%m-%d %H:%M}"
