"""Pictures, videos and files of posts. They lie outside every public folder; a view with permission hands them out."""

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.public_ids import public_id
from subscriptions.models.posts import Post

# Everything below this folder of the storage belongs to a row here, or is swept away.
FOLDER = "posts"


def place_of(row: "Media | Rendition", _name: str) -> str:
    """Where a file lies in the storage: no word of the uploader's, so nothing can be guessed or climbed out of."""
    media = row.media if isinstance(row, Rendition) else row
    return f"{FOLDER}/{media.uploaded_at:%Y/%m}/{media.public_id}/{public_id()}"


class Media(models.Model):
    """One thing a creator brought along for a post. Its kind is what the content is, not what the name says."""

    class Kind(models.TextChoices):
        PICTURE = "picture", _("picture")
        VIDEO = "video", _("video")
        FILE = "file", _("file")

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="media")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="media")
    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    name = models.CharField(_("name"), max_length=120, help_text=_("What a download is called."))
    description = models.CharField(
        _("description"), max_length=300, blank=True, help_text=_("For readers who cannot see the picture.")
    )
    content_type = models.CharField(max_length=80)
    file = models.FileField(upload_to=place_of, max_length=200, blank=True)
    size_bytes = models.BigIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content, in hex.")
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        verbose_name_plural = "media"

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """The lasting address; who may have it is asked each time."""
        return reverse("media_file", args=[self.public_id])


class Rendition(models.Model):
    """One width of a picture, drawn again by us as WebP, without what the camera wrote into it."""

    WIDTHS: ClassVar = (480, 960, 1600)

    media = models.ForeignKey(Media, on_delete=models.CASCADE, related_name="renditions")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    file = models.FileField(upload_to=place_of, max_length=200)
    size_bytes = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["width"]
        constraints = [models.UniqueConstraint(fields=["media", "width"], name="one_rendition_per_width")]

    def __str__(self) -> str:
        return f"{self.media} {self.width} × {self.height}"

    @property
    def address(self) -> str:
        return reverse("media_picture", args=[self.media.public_id, self.width])


class Captions(models.Model):
    """What is said in a video, in one language, as WebVTT that was checked."""

    media = models.ForeignKey(Media, on_delete=models.CASCADE, related_name="captions")
    language = models.CharField(_("language"), max_length=12)
    label = models.CharField(_("what viewers choose"), max_length=40)
    text = models.TextField()
    cues = models.PositiveIntegerField()
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["language"]
        verbose_name_plural = "captions"
        constraints = [models.UniqueConstraint(fields=["media", "language"], name="one_caption_per_language")]

    def __str__(self) -> str:
        return f"{self.media}: {self.label}"

    @property
    def address(self) -> str:
        return reverse("media_captions", args=[self.media.public_id, self.language])
