"""What people are told: in the bell, by email, or both; and the mails of a portal without a mail server."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class NoticeQuerySet(models.QuerySet["Notice"]):
    def in_bell(self) -> "NoticeQuerySet":
        return self.filter(in_bell=True)

    def unread(self) -> "NoticeQuerySet":
        return self.in_bell().filter(read_at__isnull=True)

    def undelivered(self, at: datetime) -> "NoticeQuerySet":
        """Mails that wait, and those whose sender died with them in hand."""
        free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=at - Notice.CLAIM_LASTS)
        return self.filter(free, by_email=True, emailed_at__isnull=True, attempts__lt=Notice.MAX_ATTEMPTS)


class Notice(models.Model):
    """One thing one person is told, once."""

    CLAIM_LASTS: ClassVar[timedelta] = timedelta(minutes=10)
    MAX_ATTEMPTS: ClassVar[int] = 6

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    key = models.CharField(
        max_length=160, unique=True, null=True, blank=True, help_text=_("What it is about; told once per key.")
    )
    kind = models.CharField(max_length=60, help_text=_("For example subscriptions.joined."))
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True, help_text=_("A path on this portal."))
    told_at = models.DateTimeField()
    in_bell = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True, blank=True)
    by_email = models.BooleanField(default=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    emailed_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-told_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(emailed_at__isnull=True) | Q(by_email=True), name="notice_emailed_only_if_wanted"
            ),
            models.CheckConstraint(
                condition=Q(read_at__isnull=True) | Q(read_at__gte=F("told_at")), name="notice_read_after_told"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user"], condition=Q(read_at__isnull=True, in_bell=True), name="unread_notices"),
            models.Index(
                fields=["told_at"], condition=Q(by_email=True, emailed_at__isnull=True), name="unsent_notices"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user}"


class NoticePreference(models.Model):
    """What a person wants to hear of one kind of thing. No row: both bell and email."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_preferences")
    kind = models.CharField(max_length=60)
    bell = models.BooleanField(_("in the bell"), default=True)
    email = models.BooleanField(_("by email"), default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "kind"], name="one_preference_per_kind")]

    def __str__(self) -> str:
        return f"{self.user} about {self.kind}"


class OutboxEmail(models.Model):
    """A mail that was not sent anywhere: the portal has no mail server, and shows it on its outbox page."""

    to = models.TextField()
    sender = models.CharField(max_length=200)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    written_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"
