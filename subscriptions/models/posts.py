"""What a creator writes, and for whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.public_ids import public_id
from subscriptions.models.tiers import Tier


@dataclass(frozen=True, slots=True)
class Door:
    """For whom a post stands open: an audience, with its one tier or its chosen ones (ids)."""

    audience: str
    tier: Tier | None = None
    chosen: frozenset[int] = frozenset()


class PostQuerySet(models.QuerySet["Post"]):
    def published(self, at: datetime) -> "PostQuerySet":
        return self.filter(published_at__lte=at)

    def with_doors(self) -> "PostQuerySet":
        """With all that `Post.doors` asks; chosen tiers are looked up once for all, and only where there are any."""
        return self.select_related("tier", "opens_tier")


class Post(models.Model):
    """Something a creator wrote. Without the right everybody still sees title, teaser and the tier it needs.

    A moment in `published_at` that has not come yet is a plan: the clock itself publishes. From `opens_at` on the post
    is open to a wider circle as well (`opens_to`); whoever could read it before still can.
    """

    class Audience(models.TextChoices):
        PUBLIC = "public", _("Everybody")
        MEMBERS = "members", _("All members")
        TIER = "tier", _("Members of a tier and those above")
        TIERS = "tiers", _("Members of chosen tiers only")

    class Wider(models.TextChoices):
        """Who else may read a post later."""

        PUBLIC = "public", _("Everybody")
        MEMBERS = "members", _("All members")
        TIER = "tier", _("Members of a tier and those above")

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="posts")
    title = models.CharField(_("title"), max_length=120)
    teaser = models.CharField(_("teaser"), max_length=300, blank=True, help_text=_("Everybody can read this."))
    body = models.TextField(_("text"), max_length=40_000, help_text=_("Markdown; :name: shows one of your emojis."))
    audience = models.CharField(_("for whom"), max_length=8, choices=Audience, default=Audience.MEMBERS)
    tier = models.ForeignKey(
        Tier, verbose_name=_("tier"), null=True, blank=True, on_delete=models.PROTECT, related_name="posts"
    )
    tiers = models.ManyToManyField(Tier, verbose_name=_("chosen tiers"), blank=True, related_name="chosen_posts")
    opens_at = models.DateTimeField(_("opens later, on"), null=True, blank=True)
    opens_to = models.CharField(_("opens then to"), max_length=8, choices=Wider, blank=True)
    opens_tier = models.ForeignKey(
        Tier, verbose_name=_("opens to the tier"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    takes_comments = models.BooleanField(_("readers can comment"), default=True)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True)
    announced_at = models.DateTimeField(null=True, blank=True, help_text="When everybody it concerns had been told.")
    announced_to = models.BigIntegerField(default=0, help_text="The last person who was told, by id.")

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(audience="tier", tier__isnull=False) | (~Q(audience="tier") & Q(tier__isnull=True)),
                name="post_names_a_tier_when_for_one",
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True, opens_to="") | (Q(opens_at__isnull=False) & ~Q(opens_to="")),
                name="post_opens_later_to_somebody",
            ),
            models.CheckConstraint(
                condition=Q(opens_to="tier", opens_tier__isnull=False)
                | (~Q(opens_to="tier") & Q(opens_tier__isnull=True)),
                name="post_opens_to_a_tier_when_for_one",
            ),
            models.UniqueConstraint(
                fields=["creator"], condition=Q(pinned_at__isnull=False), name="one_pinned_post_per_creator"
            ),
        ]
        indexes = [
            models.Index(fields=["creator", "-published_at"], name="posts_of_creator"),
            models.Index(fields=["-published_at", "-id"], name="posts_newest_first"),
            models.Index(
                fields=["published_at"], condition=Q(announced_at__isnull=True), name="posts_not_yet_announced"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def is_published(self, at: datetime) -> bool:
        return self.published_at is not None and self.published_at <= at

    def is_planned(self, at: datetime) -> bool:
        return self.published_at is not None and self.published_at > at

    def opens_later(self, at: datetime) -> bool:
        """It will open to a wider circle, and has not yet."""
        return self.opens_at is not None and self.opens_at > at

    def doors(self, at: datetime) -> list[Door]:
        """The doors that stand open at a moment; who fits one of them may read."""
        chosen = (
            frozenset(tier.pk for tier in self.tiers.all()) if self.audience == self.Audience.TIERS else frozenset()
        )
        found = [Door(self.audience, self.tier, chosen)]
        if self.opens_at is not None and self.opens_at <= at:
            found.append(Door(self.opens_to, self.opens_tier))
        return found

    def is_public(self, at: datetime) -> bool:
        return any(door.audience == self.Audience.PUBLIC for door in self.doors(at))


class PostReading(models.Model):
    """Somebody has opened a post: what the library calls read."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="readings")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="post_readings")
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reader", "post"], name="post_read_once")]

    def __str__(self) -> str:
        return f"{self.reader} read {self.post}"
