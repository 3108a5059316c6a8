"""What a creator keeps about a member, and the private address of a fan's payment calendar."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.public_ids import public_id


class MemberNote(models.Model):
    """A creator's own words about a member. The member does not see them."""

    LONGEST: ClassVar = 500

    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, related_name="member_notes")
    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(_("note"), max_length=LONGEST)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-written_at", "-pk"]
        indexes = [models.Index(fields=["creator", "fan"], name="notes_about_member")]

    def __str__(self) -> str:
        return f"{self.creator} about {self.fan}: {self.text[:40]}"


def feed_token() -> str:
    return public_id(32)


class CalendarFeed(models.Model):
    """The private address under which a calendar program reads when a fan's money is taken. A new token ends the old."""

    fan = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed")
    token = models.CharField(max_length=40, unique=True, default=feed_token)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"calendar of {self.fan}"
