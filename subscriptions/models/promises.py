"""What a tier promises a month, in numbers, and how each month ended."""

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from subscriptions.models.tiers import Tier


class TierPromise(models.Model):
    """One version of a countable promise: so many a month, from a month on. Never edited; 0 takes it back."""

    class Kind(models.TextChoices):
        POSTS = "posts", _("posts for members")
        CHATS = "chats", _("chat sessions")

    MOST_A_MONTH: ClassVar = 31

    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="counted_promises")
    kind = models.CharField(_("what"), max_length=5, choices=Kind)
    a_month = models.PositiveSmallIntegerField(_("how many a month"))
    from_date = models.DateField(_("from"), help_text="The first day of its first month.")
    stated_at = models.DateTimeField()
    stated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["tier", "kind", "-from_date"]
        constraints = [
            models.UniqueConstraint(fields=["tier", "kind", "from_date"], name="one_promise_per_month"),
            models.CheckConstraint(condition=Q(from_date__day=1), name="promise_begins_with_a_month"),
            models.CheckConstraint(condition=Q(a_month__lte=31), name="promise_can_be_kept"),
        ]

    def __str__(self) -> str:
        return f"{self.tier}: {self.a_month} {self.get_kind_display()} from {self.from_date:%Y-%m}"


class PromiseOutcome(models.Model):
    """How a promise ended in one month: frozen, with everything that counted. Later edits do not change it."""

    class State(models.TextChoices):
        KEPT = "kept", _("kept")
        MISSED = "missed", _("missed")

    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="promise_outcomes")
    kind = models.CharField(max_length=5, choices=TierPromise.Kind)
    month_date = models.DateField(_("month"), help_text="Its first day.")
    promise = models.ForeignKey(TierPromise, on_delete=models.PROTECT, related_name="outcomes")
    state = models.CharField(_("outcome"), max_length=6, choices=State)
    done = models.PositiveSmallIntegerField(_("done"))
    counted = models.JSONField(default=list, help_text="What counted: day, title, public id of the post, messages.")
    closed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-month_date", "tier", "kind"]
        constraints = [models.UniqueConstraint(fields=["tier", "kind", "month_date"], name="one_outcome_per_month")]

    def __str__(self) -> str:
        return f"{self.tier}, {self.month_date:%Y-%m}: {self.state} ({self.done} of {self.promise.a_month})"

    @staticmethod
    def following(month: date) -> date:
        """The first day of the month after."""
        return date(month.year + month.month // 12, month.month % 12 + 1, 1)
