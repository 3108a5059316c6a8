"""Reasons to begin: codes that make a membership cheaper, and trials; each use is a row with who it was."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.public_ids import public_id
from subscriptions.models.memberships import Checkout, Membership
from subscriptions.models.tiers import Tier

CODE = RegexValidator(r"^[A-Z0-9][A-Z0-9_-]{2,23}$", _("A code has 3 to 24 letters, digits, - or _."))
MOST_MONTHS = 36


class PromoCodeQuerySet(models.QuerySet["PromoCode"]):
    def switched_on(self) -> "PromoCodeQuerySet":
        return self.filter(switched_off_at__isnull=True)


class PromoCode(models.Model):
    """A word of a creator's that makes joining cheaper. Its terms are never edited; it is switched off instead.

    It takes off either `percent` or `amount_minor`. At the provider it is one coupon; the caps are held here, because
    a refund gives a use back.
    """

    class Duration(models.TextChoices):
        ONCE = "once", _("the first payment")
        MONTHS = "months", _("some months")
        FOREVER = "forever", _("every payment")

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="promo_codes")
    code = models.CharField(_("code"), max_length=24, validators=[CODE], help_text=_("In capitals; case is ignored."))
    percent = models.PositiveSmallIntegerField(
        _("percent off"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    amount_minor = models.PositiveBigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    duration = models.CharField(_("counts for"), max_length=7, choices=Duration, default=Duration.ONCE)
    months = models.PositiveSmallIntegerField(_("how many months"), null=True, blank=True)
    tiers = models.ManyToManyField(Tier, related_name="promo_codes", blank=True, help_text=_("None: every tier."))
    interval = models.CharField(_("paid every"), max_length=10, blank=True, help_text=_("Empty: however often."))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    most_uses = models.PositiveIntegerField(_("uses in all, at most"), null=True, blank=True)
    most_per_person = models.PositiveSmallIntegerField(_("uses per person, at most"), default=1)
    stripe_coupon_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    switched_off_at = models.DateTimeField(null=True, blank=True)

    objects = PromoCodeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "code"], condition=Q(switched_off_at__isnull=True), name="one_live_code_per_word"
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=False) ^ Q(amount_minor__isnull=False), name="code_is_percent_or_amount"
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gte=1, percent__lte=100), name="code_percent_in_range"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True) | Q(amount_minor__gte=1), name="code_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(duration="months", months__gte=1, months__lte=MOST_MONTHS)
                | (~Q(duration="months") & Q(months__isnull=True)),
                name="code_has_months_if_it_lasts_months",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=models.F("starts_at")), name="code_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(most_per_person__gte=1), name="code_usable_once"),
        ]

    def __str__(self) -> str:
        return self.code


class PromoUseQuerySet(models.QuerySet["PromoUse"]):
    def counting(self) -> "PromoUseQuerySet":
        """Uses that take a place: at the checkout right now, or paid and not given back in full."""
        return self.filter(freed_at__isnull=True).exclude(checkout__state=Checkout.State.EXPIRED)


class PromoUse(models.Model):
    """One person uses one code at one checkout. An attempt that runs out gives its place back by itself."""

    promo = models.ForeignKey(PromoCode, on_delete=models.PROTECT, related_name="uses")
    checkout = models.OneToOneField(Checkout, on_delete=models.PROTECT, related_name="promo_use")
    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="promo_uses")
    mailbox = models.CharField(max_length=254, help_text="The email without what leads to the same mailbox.")
    fingerprint = models.CharField(max_length=64, blank=True, help_text="Of the card that paid, once it is known.")
    off_minor = models.PositiveBigIntegerField(help_text="What it took off the first payment.")
    currency = models.CharField(max_length=3)
    used_at = models.DateTimeField()
    freed_at = models.DateTimeField(null=True, blank=True, help_text="The payment was given back in full.")
    cut_short_at = models.DateTimeField(
        null=True, blank=True, help_text="Taken off later payments: the person had used it before."
    )

    objects = PromoUseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-used_at", "-pk"]
        indexes = [models.Index(fields=["promo", "mailbox"], name="promo_uses_of_mailbox")]

    def __str__(self) -> str:
        return f"{self.fan}: {self.promo}"


class TrialQuerySet(models.QuerySet["Trial"]):
    def granted(self) -> "TrialQuerySet":
        return self.filter(refused_at__isnull=True)


class Trial(models.Model):
    """The one free trial of a person with a creator. A second one that slipped in under another name is refused."""

    MOST_DAYS: ClassVar = 30

    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="trials")
    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="trials")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="trials")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="trials")
    stripe_subscription_id = models.CharField(max_length=64, unique=True)
    mailbox = models.CharField(max_length=254)
    fingerprint = models.CharField(max_length=64, blank=True)
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    refused_at = models.DateTimeField(null=True, blank=True)
    refused_reason = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="A refused one: when the provider had ended it.")

    objects = TrialQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-began_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "fan"], condition=Q(refused_at__isnull=True), name="one_trial_per_creator_and_fan"
            ),
            models.UniqueConstraint(
                fields=["creator", "mailbox"],
                condition=Q(refused_at__isnull=True),
                name="one_trial_per_creator_and_mailbox",
            ),
            models.UniqueConstraint(
                fields=["creator", "fingerprint"],
                condition=Q(refused_at__isnull=True) & ~Q(fingerprint=""),
                name="one_trial_per_creator_and_card",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fan} tries {self.tier}"

    def is_running(self, at: datetime) -> bool:
        return self.refused_at is None and self.began_at <= at < self.ends_at


class PaymentCard(models.Model):
    """A card that a person gave the provider: enough to recognize it and to say when it expires, no more."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="payment_cards")
    stripe_id = models.CharField(max_length=64, unique=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    brand = models.CharField(max_length=20)
    last4 = models.CharField(max_length=4)
    exp_month = models.PositiveSmallIntegerField()
    exp_year = models.PositiveSmallIntegerField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-seen_at", "-pk"]
        indexes = [models.Index(fields=["fingerprint"], name="cards_by_fingerprint")]

    def __str__(self) -> str:
        return f"{self.brand} ···· {self.last4}"
