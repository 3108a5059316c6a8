"""A question under a post. Who may read the post may answer, once."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from subscriptions.models.posts import Post


class Poll(models.Model):
    """The question of a post. Once somebody has voted, its options stay as they are."""

    FEWEST: ClassVar = 2
    MOST: ClassVar = 6

    post = models.OneToOneField(Post, on_delete=models.CASCADE, related_name="poll")
    question = models.CharField(_("question"), max_length=160)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True, help_text=_("Empty: stays open."))
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.question

    def is_closed(self, at: datetime) -> bool:
        return self.closes_at is not None and self.closes_at <= at


class PollOption(models.Model):
    """One of the answers to choose from."""

    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, related_name="options")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(_("answer"), max_length=80)

    class Meta:
        ordering: ClassVar = ["poll", "position"]
        constraints = [models.UniqueConstraint(fields=["poll", "position"], name="one_option_per_position")]

    def __str__(self) -> str:
        return self.text


class PollVote(models.Model):
    """One person's one answer."""

    poll = models.ForeignKey(Poll, on_delete=models.PROTECT, related_name="votes")
    option = models.ForeignKey(PollOption, on_delete=models.PROTECT, related_name="votes")
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="poll_votes")
    voted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["poll", "voter"], name="one_vote_per_person")]

    def __str__(self) -> str:
        return f"{self.voter}: {self.option}"
