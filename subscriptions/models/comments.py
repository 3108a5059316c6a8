"""What readers say under a post, and how they nod at it."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kit.public_ids import public_id
from subscriptions.models.posts import Post


class Comment(models.Model):
    """Something said under a post, or an answer to it; one level deep. Removed ones stay as rows: who, when, why."""

    LONGEST: ClassVar = 2_000
    EDITABLE_FOR: ClassVar = timedelta(minutes=15)

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="comments")
    answers = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies")
    text = models.CharField(_("comment"), max_length=LONGEST)
    # Text and emojis as the author could write them then: [{"text": …}, {"emoji": name, "src": address}].
    parts = models.JSONField()
    # Made by the author's page: a comment sent twice over a bad line is one comment.
    nonce = models.CharField(max_length=40)
    sent_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    removed_reason = models.CharField(_("why removed"), max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["post", "author", "nonce"], name="comment_sent_once")]
        indexes = [
            models.Index(fields=["post", "answers", "-id"], name="comments_of_post"),
            models.Index(fields=["author", "-sent_at"], name="comments_of_author"),
        ]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:40]}"

    def is_editable(self, at: datetime) -> bool:
        """Its author may still change or take it away."""
        return self.removed_at is None and at < self.sent_at + self.EDITABLE_FOR


class CommentReport(models.Model):
    """A reader says that a comment should not be there; staff answer."""

    class Reason(models.TextChoices):
        SPAM = "spam", _("Advertising or spam")
        HATE = "hate", _("It attacks somebody")
        PRIVATE = "private", _("It tells something private")
        ILLEGAL = "illegal", _("It is against the law")
        OTHER = "other", _("Something else")

    class State(models.TextChoices):
        OPEN = "open", _("waiting for a look")
        REMOVED = "removed", _("comment removed")
        KEPT = "kept", _("comment kept")

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="comment_reports")
    reason = models.CharField(_("what is wrong"), max_length=8, choices=Reason)
    note = models.CharField(_("in your words"), max_length=300, blank=True)
    reported_at = models.DateTimeField()
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-reported_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["comment", "reporter"], name="comment_reported_once_per_person"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="report_decided_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.comment}"


class Reaction(models.Model):
    """One nod of one person at a post: a drawn sign, or an emoji of the creator (`:name:`)."""

    class Sign(models.TextChoices):
        HEART = "heart", _("Love it")
        THUMB = "hand-thumb-up", _("Thank you")
        FIRE = "fire", _("Strong")
        SPARK = "light-bulb", _("Learned something")
        FACE = "face-smile", _("Made me smile")

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="reactions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reactions")
    sign = models.CharField(max_length=26, help_text="A sign's name, or :emoji:")
    reacted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "person"], name="one_reaction_per_person")]

    def __str__(self) -> str:
        return f"{self.person}: {self.sign}"
