"""What a creator writes for whom, and the emojis members may use."""

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


class PostQuerySet(models.QuerySet["Post"]):
    def published(self, at: datetime) -> "PostQuerySet":
        return self.filter(published_at__lte=at)


class Post(models.Model):
    """Something a creator wrote. Without the right everybody still sees title, teaser and the tier it needs."""

    class Audience(models.TextChoices):
        PUBLIC = "public", _("Everybody")
        MEMBERS = "members", _("All members")
        TIER = "tier", _("Members of a tier and those above")

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="posts")
    title = models.CharField(_("title"), max_length=120)
    teaser = models.CharField(_("teaser"), max_length=300, blank=True, help_text=_("Everybody can read this."))
    body = models.TextField(_("text"), max_length=40_000, help_text=_("Markdown; :name: shows one of your emojis."))
    audience = models.CharField(_("for whom"), max_length=8, choices=Audience, default=Audience.MEMBERS)
    tier = models.ForeignKey(Tier, null=True, blank=True, on_delete=models.PROTECT, related_name="posts")
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(audience="tier", tier__isnull=False) | (~Q(audience="tier") & Q(tier__isnull=True)),
                name="post_names_a_tier_when_for_one",
            )
        ]
        indexes = [models.Index(fields=["creator", "-published_at"], name="posts_of_creator")]

    def __str__(self) -> str:
        return self.title

    def is_published(self, at: datetime) -> bool:
        return self.published_at is not None and self.published_at <= at


class EmojiQuerySet(models.QuerySet["Emoji"]):
    def approved(self) -> "EmojiQuerySet":
        return self.filter(state=Emoji.State.APPROVED)


class Emoji(models.Model):
    """A small picture of a creator that members write as `:name:`, once staff have looked at it."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting for a look")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("not approved")

    SIZES: ClassVar = (28, 56, 112)

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="emojis")
    name = models.CharField(_("name"), max_length=24, validators=[EMOJI_NAME])
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PENDING)
    uploaded_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review_reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = EmojiQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["creator", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["creator", "name"], condition=~Q(state="rejected"), name="one_emoji_per_name"
            )
        ]

    def __str__(self) -> str:
        return f":{self.name}:"

    def address(self, size: int = 56) -> str:
        """The picture's path; it never changes its content, so browsers may keep it."""
        return reverse("emoji_image", args=[self.public_id, size])


class EmojiImage(models.Model):
    """One size of an emoji, re-encoded by us: WebP, at most some kilobytes."""

    emoji = models.ForeignKey(Emoji, on_delete=models.CASCADE, related_name="images")
    size = models.PositiveSmallIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["emoji", "size"], name="one_image_per_size")]

    def __str__(self) -> str:
        return f"{self.emoji} {self.size} px"
