"""When a share has a bonus: what has to be true for it, and what was decided for whom, month by month."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.money import FULL_RATE_BP
from subscriptions.models.tiers import RevenueShare


class ShareCondition(models.Model):
    """One number that has to be reached. Conditions of one way hold together; any way is enough for the bonus."""

    class Kind(models.TextChoices):
        FOLLOWERS = "followers", _("Followers at the end of last month")
        VIEWS = "views", _("Views in the 30 days up to the last count of last month")
        MEMBER_POSTS = "member_posts", _("Posts for members published last month")

    share = models.ForeignKey(RevenueShare, on_delete=models.CASCADE, related_name="conditions")
    way = models.PositiveSmallIntegerField(_("way"), default=1, help_text=_("Lines of one way hold together."))
    kind = models.CharField(_("number"), max_length=12, choices=Kind)
    at_least = models.PositiveBigIntegerField(_("at least"))

    class Meta:
        ordering: ClassVar = ["share", "way", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["share", "way", "kind"], name="one_share_condition_per_way_and_kind"),
            models.CheckConstraint(condition=Q(at_least__gte=1), name="share_condition_asks_for_something"),
        ]

    def __str__(self) -> str:
        return f"{self.share}: {self.kind} ≥ {self.at_least} (way {self.way})"


class ShareDecision(models.Model):
    """By which part a creator's payments of one month are split, and the numbers that was decided on. Never edited."""

    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="share_decisions")
    share = models.ForeignKey(RevenueShare, on_delete=models.PROTECT, related_name="decisions")
    month_date = models.DateField(_("month"), help_text=_("The first day of the month it counts for."))
    has_bonus = models.BooleanField(_("bonus"))
    platform_bp = models.PositiveIntegerField(_("platform's part, in basis points"))
    inputs = models.JSONField(default=dict, help_text=_("The numbers that were held against the conditions."))
    decided_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-month_date", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["creator", "share", "month_date"], name="one_share_decision_per_month"),
            models.CheckConstraint(condition=Q(platform_bp__lte=FULL_RATE_BP), name="decided_share_is_a_part"),
        ]

    def __str__(self) -> str:
        return f"{self.creator} {self.month_date:%Y-%m}: {self.platform_bp / 100:g} % for the platform"
