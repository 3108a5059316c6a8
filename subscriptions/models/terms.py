"""What a creator decides about memberships in general: patience, pauses, and what is offered to who leaves."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator


class MembershipTerms(models.Model):
    """How patient a creator is with a payment that failed. No row: the default."""

    class Grace(models.IntegerChoices):
        NONE = 0, _("no days")
        TWO_DAYS = 2, _("2 days")
        WEEK = 7, _("7 days")
        TWO_WEEKS = 14, _("14 days")
        THREE_WEEKS = 21, _("21 days")

    class SaveOffer(models.TextChoices):
        PAUSE = "pause", _("a pause instead")
        DISCOUNT = "discount", _("a code of mine, at once")
        LOWER = "lower", _("the next lower tier")
        CODE = "code", _("a code to come back with")

    class SaveAgain(models.IntegerChoices):
        QUARTER = 3, _("after 3 months")
        HALF = 6, _("after 6 months")
        YEAR = 12, _("after a year")
        TWO_YEARS = 24, _("after two years")

    DEFAULT_GRACE_DAYS: ClassVar = 7

    creator = models.OneToOneField(Creator, on_delete=models.CASCADE, related_name="membership_terms")
    grace_days = models.PositiveSmallIntegerField(
        _("access after a failed payment"), choices=Grace, default=DEFAULT_GRACE_DAYS
    )
    pauses = models.BooleanField(_("members may pause"), default=True)
    save_offer = models.CharField(_("what I offer to who leaves"), max_length=8, choices=SaveOffer, blank=True)
    save_code = models.CharField(_("code"), max_length=24, blank=True)
    save_again_months = models.PositiveSmallIntegerField(
        _("offered again to who accepted"), choices=SaveAgain, default=SaveAgain.YEAR
    )

    class Meta:
        verbose_name_plural = "membership terms"

    def __str__(self) -> str:
        return f"{self.creator}: {self.grace_days} days of grace"
