"""One room per creator, what was said in it, and who may not speak for a while."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator


class Room(models.Model):
    """A creator's chat, open to everybody with a live grant that holds the chat benefit."""

    SLOWEST: ClassVar = 120

    creator = models.OneToOneField(Creator, on_delete=models.CASCADE, related_name="room")
    slow_seconds = models.PositiveSmallIntegerField(
        _("seconds between two messages of one member"), default=0, help_text=_("0: as fast as they type.")
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(slow_seconds__lte=120), name="slow_mode_is_bearable")]

    def __str__(self) -> str:
        return f"chat of {self.creator}"


class Message(models.Model):
    """Something said. `shown` is what every reader gets: name, badge and emojis as they were when it was sent."""

    LONGEST: ClassVar = 500

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="chat_messages")
    text = models.CharField(max_length=LONGEST)
    shown = models.JSONField()
    # Made by the author's page: a message sent twice over a bad line is one message.
    nonce = models.CharField(max_length=40)
    sent_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["room", "author", "nonce"], name="message_sent_once")]
        indexes = [
            models.Index(fields=["room", "-id"], name="messages_of_room"),
            models.Index(fields=["room", "author", "-sent_at"], name="messages_of_author"),
        ]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:40]}"


class MuteQuerySet(models.QuerySet["Mute"]):
    def live(self, at: datetime) -> "MuteQuerySet":
        return self.filter(
            Q(until_at__isnull=True) | Q(until_at__gt=at),
            Q(lifted_at__isnull=True) | Q(lifted_at__gt=at),
            muted_at__lte=at,
        )


class Mute(models.Model):
    """A member may read but not write: why, until when, and who said so."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="mutes")
    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="mutes")
    reason = models.CharField(_("reason, shown to the member"), max_length=200)
    muted_at = models.DateTimeField()
    muted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    until_at = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: until lifted."))
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = MuteQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-muted_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.fan} muted in {self.room}"
