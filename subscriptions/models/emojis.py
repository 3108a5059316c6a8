"""Emojis of a creator: the name members write, each picture it ever had, and how many a creator may have."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.public_ids import public_id
from subscriptions.models.tiers import Tier

EMOJI_NAME = RegexValidator(
    r"^[a-z][a-z0-9_]{1,23}$",
    _("A name has 2 to 24 small letters, digits or underscores, and begins with a letter."),
)


class EmojiQuerySet(models.QuerySet["Emoji"]):
    def kept(self) -> "EmojiQuerySet":
        """Those that hold a slot."""
        return self.filter(retired_at__isnull=True)

    def usable(self) -> "EmojiQuerySet":
        """Those with a picture that staff approved."""
        return self.kept().filter(live__isnull=False).select_related("live", "tier")


class Emoji(models.Model):
    """A name that members write as `:name:`. Its picture is the version staff approved last; a newer one waits beside."""

    SIZES: ClassVar = (28, 56, 112)

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="emojis")
    name = models.CharField(_("name"), max_length=24, validators=[EMOJI_NAME])
    tier = models.ForeignKey(
        Tier,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="emojis",
        verbose_name=_("from tier"),
        help_text=_("Empty: every member who may use emojis."),
    )
    live = models.OneToOneField(
        "EmojiVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="shown_as", editable=False
    )
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True, help_text="Its slot is free again; old messages keep it.")

    objects = EmojiQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["creator", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "name"], condition=Q(retired_at__isnull=True), name="one_emoji_per_name"
            )
        ]

    def __str__(self) -> str:
        return f":{self.name}:"

    def address(self, size: int = 56) -> str:
        """The path of the picture that is live, '' without one."""
        return self.live.address(size) if self.live else ""

    @property
    def rank(self) -> int:
        """The lowest tier rank that may use it; 0: every member."""
        return self.tier.rank if self.tier else 0


class EmojiVersionQuerySet(models.QuerySet["EmojiVersion"]):
    def waiting(self) -> "EmojiVersionQuerySet":
        """What staff have to look at, the oldest first."""
        return self.filter(state=EmojiVersion.State.PENDING, emoji__retired_at__isnull=True).order_by(
            "uploaded_at", "pk"
        )


class EmojiVersion(models.Model):
    """One picture of an emoji as it was brought, measured, and looked at by staff. Never edited: new art, new version."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting for a look")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("not approved")
        WITHDRAWN = "withdrawn", _("replaced before anybody looked")

    class Code(models.TextChoices):
        COPIED = "copied", _("It seems to be somebody else's work.")
        UNREADABLE = "unreadable", _("It cannot be made out at 28 pixels.")
        OFFENSIVE = "offensive", _("It is against the rules of this portal.")
        PERSON = "person", _("It shows a person who may not have agreed to that.")
        ADVERTISEMENT = "advertisement", _("It is an advertisement, or holds an address.")
        MISLEADING = "misleading", _("It looks like a sign of the portal or of its staff.")
        OTHER = "other", _("Something else: see the note.")

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    emoji = models.ForeignKey(Emoji, on_delete=models.CASCADE, related_name="versions")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.PENDING)
    uploaded_at = models.DateTimeField()
    frames = models.PositiveSmallIntegerField(default=1)
    lasts_ms = models.PositiveIntegerField(default=0, help_text="One round of the animation; 0: a still picture.")
    score = models.PositiveSmallIntegerField(_("legibility"), default=0, help_text="0 to 100.")
    measured = models.JSONField(default=dict, help_text="Each part of the score: what was measured, its points.")
    fingerprint = models.CharField(max_length=32, blank=True, help_text="What it looks like, as 128 bits in hex.")
    mirror = models.CharField(max_length=32, blank=True, help_text="The same, seen in a mirror.")
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(_("reason"), max_length=13, choices=Code, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = EmojiVersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-uploaded_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["emoji"], condition=Q(state="pending"), name="one_waiting_version_per_emoji"
            ),
            models.CheckConstraint(condition=~Q(state="rejected") | ~Q(code=""), name="rejected_version_says_why"),
        ]
        indexes = [models.Index(fields=["uploaded_at"], condition=Q(state="pending"), name="emojis_to_look_at")]

    def __str__(self) -> str:
        return f"{self.emoji} of {self.uploaded_at:%Y-%m-%d}"

    def address(self, size: int = 56) -> str:
        """The picture's path; it never changes its content, so browsers may keep it."""
        return reverse("emoji_image", args=[self.public_id, size])

    @property
    def is_animated(self) -> bool:
        return self.frames > 1

    @property
    def reason(self) -> str:
        """The sentence that the creator reads."""
        if self.code == self.Code.OTHER:
            return self.note
        return " ".join(part for part in (str(self.get_code_display()), self.note) if part)


class EmojiImage(models.Model):
    """One size of a version, drawn by us: WebP, at most some kilobytes."""

    version = models.ForeignKey(EmojiVersion, on_delete=models.CASCADE, related_name="images")
    size = models.PositiveSmallIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "size"], name="one_image_per_size")]

    def __str__(self) -> str:
        return f"{self.version} {self.size} px"


class EmojiPoints(models.Model):
    """The most subscriber points a creator ever had. Slots follow it, so they are never lost."""

    creator = models.OneToOneField(Creator, on_delete=models.CASCADE, related_name="emoji_points")
    most = models.PositiveIntegerField()
    reached_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "emoji points"

    def __str__(self) -> str:
        return f"{self.creator}: {self.most} points on {self.reached_at:%Y-%m-%d}"

    def raise_to(self, points: int, now: datetime) -> bool:
        """Forward only; whether it moved."""
        if points <= self.most:
            return False
        self.most, self.reached_at = points, now
        return True
