"""The platform listens: what people ask for, how many want it, and what came of it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.kit.public_ids import public_id


class IdeaQuerySet(models.QuerySet["Idea"]):
    def told(self) -> "IdeaQuerySet":
        """With `vote_count` and the `outcome` of the newest answer ('' for one that nobody has answered)."""
        newest = Answer.objects.filter(idea=OuterRef("pk")).order_by("-answered_at", "-pk").values("outcome")[:1]
        return self.annotate(vote_count=Count("votes", distinct=True), outcome=Subquery(newest))

    def with_outcome(self, outcome: str) -> "IdeaQuerySet":
        return self.told().filter(Q(outcome__isnull=True) if outcome == Idea.OPEN else Q(outcome=outcome))


class Idea(models.Model):
    """Something a person asks of the portal."""

    OPEN: ClassVar[str] = "open"

    class Area(models.TextChoices):
        SUBSCRIPTIONS = "subscriptions", _("Subscriptions")
        REWARDS = "rewards", _("Rewards")
        SHOP = "shop", _("Shop")
        ACADEMY = "academy", _("Academy")
        PAYOUTS = "payouts", _("Payouts")
        OTHER = "other", _("Everything else")

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="ideas")
    title = models.CharField(_("In one line"), max_length=100)
    body = models.TextField(_("What would it change for you?"), max_length=4000)
    area = models.CharField(_("Area"), max_length=16, choices=Area, default=Area.OTHER)
    page = models.CharField(max_length=200, blank=True, help_text=_("Where the person was when it came up."))
    suggested_at = models.DateTimeField()

    objects = IdeaQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("idea_detail", args=[self.public_id])


class Vote(models.Model):
    """This person wants it too. Undoing is deleting."""

    idea = models.ForeignKey(Idea, on_delete=models.CASCADE, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="votes")
    voted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["idea", "user"], name="one_vote_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} wants {self.idea}"


class Answer(models.Model):
    """What staff say to an idea. The newest answer tells where it stands; older ones stay to be read."""

    class Outcome(models.TextChoices):
        REVIEW = "review", _("Under review")
        PLANNED = "planned", _("Planned")
        DONE = "done", _("Done")
        DECLINED = "declined", _("Not planned")

    idea = models.ForeignKey(Idea, on_delete=models.CASCADE, related_name="answers")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome)
    text = models.TextField(_("Why"), max_length=2000)
    answered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-answered_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.idea}"
