"""What a creator sells: tiers with immutable prices and typed benefits, and how the money is shared."""

from datetime import date, datetime
from typing import ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.money import FULL_RATE_BP
from portal.kit.public_ids import public_id

BADGE_LABEL = RegexValidator(r"^\w{1,8}$", _("A badge has 1 to 8 letters or digits."))


class Benefit(models.Model):
    """One typed thing a creator gives, attached to any number of tiers."""

    class Kind(models.TextChoices):
        BADGE = "badge", _("Badge beside the name")
        EMOJIS = "emojis", _("Emojis of the creator")
        CONTENT = "content", _("Posts for members")
        CHAT = "chat", _("Chat for members")
        CUSTOM = "custom", _("Something else, as promised")

    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="benefits")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    title = models.CharField(_("what fans read"), max_length=80)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "kind"], condition=~Q(kind="custom"), name="one_benefit_per_creator_and_kind"
            ),
            models.UniqueConstraint(
                fields=["creator", "title"], condition=Q(kind="custom"), name="one_custom_benefit_per_title"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class TierQuerySet(models.QuerySet["Tier"]):
    def on_sale(self) -> "TierQuerySet":
        return self.filter(published_at__isnull=False, archived_at__isnull=True)

    def not_archived(self) -> "TierQuerySet":
        return self.filter(archived_at__isnull=True)


class Tier(models.Model):
    """One step of a creator's offer. A higher rank contains the lower ones. Archived, never deleted."""

    MOST_PER_CREATOR: ClassVar = 3

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="tiers")
    name = models.CharField(_("name"), max_length=40)
    rank = models.PositiveSmallIntegerField(
        _("rank"), help_text=_("1 is the lowest; a higher tier contains the lower.")
    )
    description = models.CharField(_("description"), max_length=300, blank=True)
    welcome = models.TextField(
        _("welcome message"), max_length=1000, blank=True, help_text=_("New members read it once they are in.")
    )
    badge = models.CharField(_("badge"), max_length=8, blank=True, validators=[BADGE_LABEL])
    seats = models.PositiveIntegerField(_("places"), null=True, blank=True, help_text=_("Empty: as many as want to."))
    benefits = models.ManyToManyField(Benefit, through="TierBenefit", related_name="tiers")
    trial_days = models.PositiveSmallIntegerField(
        _("free days to try it"), default=0, help_text=_("0 to 30; one trial for each person.")
    )
    seasons_only = models.BooleanField(_("joined in seasons only"), default=False)
    stripe_product_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = TierQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["creator", "rank", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "rank"], condition=Q(archived_at__isnull=True), name="one_live_tier_per_rank"
            ),
            models.CheckConstraint(condition=Q(seats__isnull=True) | Q(seats__gte=1), name="tier_has_a_seat"),
            models.CheckConstraint(condition=Q(trial_days__lte=30), name="tier_trial_days_in_range"),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | ~Q(stripe_product_id=""), name="tier_on_sale_is_at_provider"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_on_sale(self) -> bool:
        return self.published_at is not None and self.archived_at is None


class TierBenefit(models.Model):
    """A benefit attached to a tier."""

    tier = models.ForeignKey(Tier, on_delete=models.CASCADE, related_name="tier_benefits")
    benefit = models.ForeignKey(Benefit, on_delete=models.PROTECT, related_name="tier_benefits")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tier", "benefit"], name="benefit_attached_once")]

    def __str__(self) -> str:
        return f"{self.tier}: {self.benefit}"


class TierPriceQuerySet(models.QuerySet["TierPrice"]):
    def for_all(self) -> "TierPriceQuerySet":
        """What the creator asks, without the prices that single fans chose to pay instead."""
        return self.filter(fan__isnull=True)

    def offered(self, at: datetime) -> "TierPriceQuerySet":
        """Known to the provider and in effect; the newest version of each interval first."""
        rows = self.for_all().filter(effective_at__lte=at).exclude(stripe_price_id="")
        return rows.order_by("tier", "interval", "-version")


class TierPrice(models.Model):
    """One version of what a tier costs. Never edited; a new price is a new version, members keep theirs.

    With a fan it is that fan's own price: they chose to pay more than was asked.
    """

    class Interval(models.TextChoices):
        MONTH = "month", _("month")
        QUARTER = "quarter", _("3 months")
        HALF_YEAR = "half_year", _("6 months")
        YEAR = "year", _("year")
        TWO_YEARS = "two_years", _("24 months")

    MONTHS: ClassVar = {
        Interval.MONTH: 1,
        Interval.QUARTER: 3,
        Interval.HALF_YEAR: 6,
        Interval.YEAR: 12,
        Interval.TWO_YEARS: 24,
    }
    EVERY: ClassVar = {
        Interval.MONTH: _("a month"),
        Interval.QUARTER: _("every 3 months"),
        Interval.HALF_YEAR: _("every 6 months"),
        Interval.YEAR: _("a year"),
        Interval.TWO_YEARS: _("every 24 months"),
    }

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="prices")
    version = models.PositiveIntegerField()
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    interval = models.CharField(max_length=9, choices=Interval, default=Interval.MONTH)
    effective_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text="From then on no new member gets it.")
    fan = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="own_prices"
    )
    stripe_price_id = models.CharField(max_length=64, blank=True)

    objects = TierPriceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["tier", "interval", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "interval", "version"], condition=Q(fan__isnull=True), name="one_price_per_version"
            ),
            models.UniqueConstraint(
                fields=["tier", "interval", "fan", "amount_minor"],
                condition=Q(fan__isnull=False),
                name="one_own_price_per_amount",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="price_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.tier} v{self.version}: {self.amount_minor} {self.currency} a {self.interval}"

    @property
    def months(self) -> int:
        """How many months one payment is for."""
        return self.MONTHS[TierPrice.Interval(self.interval)]

    @property
    def every(self) -> str:
        """ "a month", "every 3 months": what is read after the amount."""
        return str(self.EVERY[TierPrice.Interval(self.interval)])

    @property
    def monthly_minor(self) -> int:
        """What one month of it brings, for recurring revenue."""
        return self.amount_minor // self.months


class RevenueShare(models.Model):
    """One version of how a payment is shared: the platform's part in basis points, from a day on. Never edited.

    Without a creator it is the rule for all; a creator's own agreement goes before it. An invoice keeps its version.
    """

    FIRST_PLATFORM_BP: ClassVar = 1_000

    creator = models.ForeignKey(Creator, null=True, blank=True, on_delete=models.PROTECT, related_name="shares")
    version = models.PositiveIntegerField()
    platform_bp = models.PositiveIntegerField(_("platform's part, in basis points"))
    bonus_bp = models.PositiveIntegerField(
        _("less for a creator with the bonus, in basis points"),
        default=0,
        help_text=_("Counts in months for which the conditions hold; see ShareCondition."),
    )
    effective_date = models.DateField(_("from"))
    note = models.CharField(_("why"), max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["creator", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "version"], condition=Q(creator__isnull=False), name="one_share_per_creator_version"
            ),
            models.UniqueConstraint(
                fields=["version"], condition=Q(creator__isnull=True), name="one_share_for_all_per_version"
            ),
            models.CheckConstraint(condition=Q(platform_bp__lte=FULL_RATE_BP), name="share_is_a_part"),
            models.CheckConstraint(condition=Q(bonus_bp__lte=F("platform_bp")), name="bonus_is_of_the_platforms_part"),
        ]

    def __str__(self) -> str:
        whom = self.creator or _("everybody")
        bonus = f" − {self.bonus_bp / 100:g}" if self.bonus_bp else ""
        return f"{self.platform_bp / 100:g}{bonus} % v{self.version} ({whom})"

    @classmethod
    def install_first(cls) -> None:
        """The share a fresh portal starts with. Safe to repeat."""
        cls.objects.get_or_create(
            creator=None,
            version=1,
            defaults={
                "platform_bp": cls.FIRST_PLATFORM_BP,
                "effective_date": date(2022, 5, 26),
                "note": "The share the program started with.",
            },
        )
