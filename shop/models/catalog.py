"""Who sells what, for which commission, in which regions, under which terms.

Rates are dated: a version is never edited, so that the rate of an old sale can still be explained.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.public_ids import public_id

MIN_RATE_BP, MAX_RATE_BP = 100, 8_000


def key_id() -> str:
    return public_id(16)


class ShopTermsQuerySet(models.QuerySet["ShopTerms"]):
    def in_force(self, at: datetime) -> "ShopTermsQuerySet":
        """The newest first; the first row is what counts."""
        return self.filter(valid_from__lte=at).order_by("-valid_from", "-pk")


class ShopTerms(models.Model):
    """The numbers of the shop from a moment on. Each link and commission keeps those it was made under."""

    valid_from = models.DateTimeField(_("valid from"), unique=True)
    click_window_days = models.PositiveSmallIntegerField(_("days a click counts"), default=7)
    return_days = models.PositiveSmallIntegerField(_("days after delivery until a commission is released"), default=15)
    delivery_days = models.PositiveSmallIntegerField(
        _("days until delivery where the brand reports none"),
        default=5,
        help_text=_("So that a missing report never keeps a creator's money."),
    )
    lock_days = models.PositiveSmallIntegerField(_("days a link keeps its rate when the rate is cut"), default=30)
    notice_days = models.PositiveSmallIntegerField(_("days of notice before a cut"), default=2)
    fee_bp = models.PositiveSmallIntegerField(
        _("shop fee in basis points, paid by the brand on top"), default=200, validators=[MaxValueValidator(5_000)]
    )
    note = models.CharField(_("why"), max_length=300, blank=True)

    objects = ShopTermsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "shop terms"

    def __str__(self) -> str:
        return f"terms from {self.valid_from:%Y-%m-%d}"


class Brand(models.Model):
    """A company that sells through creators. Its budget is prepaid, in one currency."""

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("short name in addresses"), max_length=40, unique=True)
    currency = models.CharField(_("currency"), max_length=3, default="usd")
    since_at = models.DateTimeField(_("here since"))
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="BrandMember", related_name="brands")

    def __str__(self) -> str:
        return self.name


class BrandMember(models.Model):
    """A person who works for a brand and may see and change what is the brand's."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="brand_memberships")
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brand", "user"], name="one_membership_per_brand")]

    def __str__(self) -> str:
        return f"{self.user} of {self.brand}"


class SigningKeyQuerySet(models.QuerySet["SigningKey"]):
    def live(self, at: datetime) -> "SigningKeyQuerySet":
        return self.filter(made_at__lte=at).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))


class SigningKey(models.Model):
    """Names a key a brand signs its order reports with. The secret itself is derived (`shop.signing`) and never stored."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="signing_keys")
    key_id = models.CharField(max_length=16, unique=True, default=key_id, editable=False)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ends_at = models.DateTimeField(null=True, blank=True, help_text=_("When a newer key replaced it, and a day more."))
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = SigningKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand"], condition=Q(ends_at=None), name="one_current_key_per_brand")
        ]

    def __str__(self) -> str:
        return f"key {self.key_id} of {self.brand}"


class ProductQuerySet(models.QuerySet["Product"]):
    def listed(self, at: datetime) -> "ProductQuerySet":
        return self.filter(listed_at__lte=at).filter(Q(delisted_at__isnull=True) | Q(delisted_at__gt=at))

    def open_in(self, region: str, at: datetime) -> "ProductQuerySet":
        return self.listed(at).filter(listings__in=RegionListing.objects.live(at).filter(region=region))


class Product(models.Model):
    """Something a brand sells and creators may link to."""

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="products")
    sku = models.CharField(_("SKU"), max_length=40, help_text=_("The number your shop sends with each order line."))
    title = models.CharField(_("title"), max_length=120)
    description = models.TextField(_("description"), max_length=2000, blank=True)
    url = models.URLField(
        _("address in your shop"),
        max_length=500,
        blank=True,
        validators=[URLValidator(schemes=["https"])],
        help_text=_("Where a click leads. Empty: the product's page here."),
    )
    price_minor = models.PositiveBigIntegerField(_("price"))
    currency = models.CharField(max_length=3)
    listed_at = models.DateTimeField()
    delisted_at = models.DateTimeField(null=True, blank=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]
        constraints = [models.UniqueConstraint(fields=["brand", "sku"], name="one_product_per_sku")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("product_detail", args=[self.public_id])

    def is_listed(self, at: datetime) -> bool:
        return self.listed_at <= at and (self.delisted_at is None or self.delisted_at > at)


class RegionListingQuerySet(models.QuerySet["RegionListing"]):
    def live(self, at: datetime) -> "RegionListingQuerySet":
        return self.filter(opened_at__lte=at).filter(Q(closed_at__isnull=True) | Q(closed_at__gt=at))


class RegionListing(models.Model):
    """A product is open in one region: creators there may link to it, and sales to buyers there count."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="listings")
    region = models.CharField(max_length=2)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = RegionListingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "region"], condition=Q(closed_at=None), name="product_open_once_per_region"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product} in {self.region}"


class CommissionPlan(models.Model):
    """What a brand pays for sales of a product: the open plan for everybody, a target plan for one creator."""

    class Kind(models.TextChoices):
        OPEN = "open", _("Open to every creator")
        TARGET = "target", _("For one creator")

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="plans")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.OPEN)
    creator = models.ForeignKey(Creator, null=True, blank=True, on_delete=models.CASCADE, related_name="target_plans")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="open", creator__isnull=True) | Q(kind="target", creator__isnull=False),
                name="only_a_target_plan_names_a_creator",
            ),
            models.UniqueConstraint(fields=["product"], condition=Q(kind="open"), name="one_open_plan_per_product"),
            models.UniqueConstraint(
                fields=["product", "creator"], condition=Q(kind="target"), name="one_target_plan_per_creator"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.creator or 'open'}"


class PlanVersionQuerySet(models.QuerySet["PlanVersion"]):
    def begun(self, at: datetime) -> "PlanVersionQuerySet":
        """The newest version first: the first row of a plan is the rate in force, and what it replaced never comes back."""
        return self.filter(valid_from__lte=at).order_by("-version")


class PlanVersion(models.Model):
    """One dated rate of a plan. A raise begins when it is announced, a cut after the days of notice."""

    plan = models.ForeignKey(CommissionPlan, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    rate_bp = models.PositiveSmallIntegerField(
        _("commission in basis points"), validators=[MinValueValidator(MIN_RATE_BP), MaxValueValidator(MAX_RATE_BP)]
    )
    announced_at = models.DateTimeField()
    valid_from = models.DateTimeField()

    objects = PlanVersionQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "version"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "version"], name="one_rate_per_version"),
            models.CheckConstraint(
                condition=Q(rate_bp__gte=MIN_RATE_BP, rate_bp__lte=MAX_RATE_BP), name="rate_between_1_and_80_percent"
            ),
            models.CheckConstraint(
                condition=Q(valid_from__gte=models.F("announced_at")), name="rate_begins_after_it_is_announced"
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.version}: {self.rate_bp / 100:g} % from {self.valid_from:%Y-%m-%d}"

    @property
    def notice(self) -> timedelta:
        return self.valid_from - self.announced_at
