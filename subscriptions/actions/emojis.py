"""Emojis: taken in, drawn again by us in three sizes, looked at by staff.

Drawing again is the type check: what comes out is a picture whatever came in. Traps: a file that unfolds to a gigantic
picture (its size is read before its pixels), and a file that only claims to be a picture.
"""

import io
import warnings
from datetime import datetime
from typing import BinaryIO

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.notices.actions import tell
from subscriptions.models import Emoji, EmojiImage

MOST_BYTES, LEAST_PIXELS, MOST_PIXELS = 1_000_000, 112, 4_096
FORMATS = ("PNG", "WEBP", "GIF", "JPEG")


class FileIsTooLarge(Refusal):
    sentence = _("The file is larger than 1 MB.")
    field = "image"


class FileIsNoPicture(Refusal):
    sentence = _("This file is not a PNG, WebP, GIF or JPEG picture, whatever its name says.")
    field = "image"


class PictureHasWrongSize(Refusal):
    sentence = _("The picture is %(width)s × %(height)s pixels. Each side has 112 to 4,096.")
    field = "image"


class EmojiNameIsTaken(Refusal):
    sentence = _("You have an emoji of this name already.")
    field = "name"


class NotApproved(Refusal):
    sentence = _("Say why it is not approved; the creator can read it.")
    field = "reason"


def add_emoji(*, creator: Creator, name: str, image: BinaryIO, now: datetime) -> Emoji:
    """Take in a picture as `:name:`; members see it once staff approve. Square, 28, 56 and 112 pixels, first frame."""
    pictures = draw_sizes(image)
    try:
        with transaction.atomic():
            emoji = Emoji.objects.create(creator=creator, name=name, uploaded_at=now)
            EmojiImage.objects.bulk_create(
                EmojiImage(emoji=emoji, size=size, content=content) for size, content in pictures.items()
            )
            return emoji
    except IntegrityError as error:
        raise EmojiNameIsTaken from error


def draw_sizes(file: BinaryIO) -> dict[int, bytes]:
    """The picture as WebP in every size: size in pixels → bytes. Raises refusals with a sentence."""
    raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise FileIsTooLarge
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(raw), formats=FORMATS)
            width, height = picture.size
            if not all(LEAST_PIXELS <= side <= MOST_PIXELS for side in (width, height)):
                raise PictureHasWrongSize(width=width, height=height)
            picture.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning, OSError, ValueError,
            SyntaxError, EOFError) as error:  # fmt: skip
        raise FileIsNoPicture from error
    return {size: _drawn(picture.convert("RGBA"), size) for size in Emoji.SIZES}


def _drawn(picture: Image.Image, size: int) -> bytes:
    shrunk = picture.copy()
    shrunk.thumbnail((size, size), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    square.paste(shrunk, ((size - shrunk.width) // 2, (size - shrunk.height) // 2))
    out = io.BytesIO()
    square.save(out, "WEBP", quality=90, method=4)
    return out.getvalue()


@transaction.atomic
def review_emoji(*, emoji: Emoji, approve: bool, by: User, now: datetime, reason: str = "") -> Emoji:
    """Staff say yes, or no with a reason; the creator is told. Safe to repeat: the same answer changes nothing."""
    if not approve and not reason.strip():
        raise NotApproved
    row = Emoji.objects.select_for_update().select_related("creator__user").get(pk=emoji.pk)
    state = Emoji.State.APPROVED if approve else Emoji.State.REJECTED
    if row.state == state:
        return row
    row.state, row.reviewed_by, row.reviewed_at, row.review_reason = state, by, now, reason.strip()
    row.save()
    tell(
        to=row.creator.user,
        kind="subscriptions.emoji_reviewed",
        subject=_("Your emoji :%(name)s: is approved") % {"name": row.name}
        if approve
        else _("Your emoji :%(name)s: was not approved") % {"name": row.name},
        body=reason or _("Members can use it in posts and in the chat."),
        url=reverse("emoji_list"),
        now=now,
        key=f"emoji:{row.public_id}:{state}",
    )
    return row
