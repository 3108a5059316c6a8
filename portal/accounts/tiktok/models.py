"""What the portal keeps of a TikTok account: its connection, its public videos; and the books of the stand-in."""

from datetime import datetime, timedelta
from typing import ClassVar

from allauth.socialaccount.models import SocialAccount
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def free(self, at: datetime) -> "ConnectionQuerySet":
        """Nobody is renewing it, or whoever was has died."""
        return self.filter(Q(claimed_at__isnull=True) | Q(claimed_at__lt=at - Connection.CLAIM_LASTS))


class Connection(models.Model):
    """The state of one account's tokens. The tokens themselves are allauth's SocialToken."""

    CLAIM_LASTS: ClassVar = timedelta(minutes=2)

    account = models.OneToOneField(SocialAccount, on_delete=models.CASCADE, related_name="tiktok_connection")
    claimed_at = models.DateTimeField(null=True, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    refresh_expires_at = models.DateTimeField(null=True, blank=True)
    measured_at = models.DateTimeField(null=True, blank=True)
    lost_at = models.DateTimeField(_("lost"), null=True, blank=True, help_text=_("TikTok took the permission back."))
    lost_reason = models.CharField(max_length=200, blank=True)

    objects = ConnectionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"TikTok {self.account.uid}{' (lost)' if self.lost_at else ''}"


class Video(models.Model):
    """A public video as TikTok lists it, with its newest counts."""

    account = models.ForeignKey(SocialAccount, on_delete=models.CASCADE, related_name="tiktok_videos")
    video_id = models.CharField(max_length=40)
    title = models.CharField(max_length=150, blank=True)
    share_url = models.URLField(max_length=300, blank=True)
    published_at = models.DateTimeField()
    duration_seconds = models.PositiveIntegerField(default=0)
    is_aigc = models.BooleanField(_("made with AI"), default=False)
    view_count = models.PositiveBigIntegerField(default=0)
    like_count = models.PositiveBigIntegerField(default=0)
    comment_count = models.PositiveBigIntegerField(default=0)
    share_count = models.PositiveBigIntegerField(default=0)
    measured_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-published_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "video_id"], name="one_row_per_tiktok_video")
        ]

    def __str__(self) -> str:
        return self.title or self.video_id


class StandInGrant(models.Model):
    """One consent given at the stand-in: a code, then tokens of which only the newest pair is good."""

    person = models.CharField(max_length=40)
    scope = models.CharField(max_length=200)
    redirect_uri = models.CharField(max_length=300)
    code = models.CharField(max_length=40, unique=True)
    code_expires_at = models.DateTimeField()
    code_used_at = models.DateTimeField(null=True, blank=True)
    access_token = models.CharField(max_length=60, unique=True, null=True, blank=True)
    access_expires_at = models.DateTimeField(null=True, blank=True)
    refresh_token = models.CharField(max_length=60, unique=True, null=True, blank=True)
    refresh_expires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"stand-in consent of {self.person}"
