"""Bring pictures, videos and files to a post, caption them, take them away; nothing is kept that no row knows.

What a file is, its content says. Pictures are drawn again by us, which drops what the camera wrote into them (places,
serial numbers) and proves that they are pictures; videos and files are stored as they are and never run in our pages.
"""

import hashlib
import io
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from portal.kit.public_ids import public_id
from portal.kit.refusal import Refusal
from subscriptions import containers
from subscriptions.models import Captions, Media, Post, Rendition
from subscriptions.models.media import FOLDER

MEGABYTE = 1_000_000
MOST_PIXELS, LONGEST_SIDE = 50_000_000, 12_000
MOST_PER_POST = 20
MOST_CAPTIONS_BYTES = 500_000
FORMATS = ("PNG", "WEBP", "GIF", "JPEG")
# A file that was just written may get its row in a moment.
YOUNG = timedelta(hours=24)


class FileIsEmpty(Refusal):
    sentence = _("This file is empty.")
    field = "file"


class FileIsTooLarge(Refusal):
    sentence = _("A %(kind)s has at most %(most)s MB.")
    field = "file"


class PictureIsBroken(Refusal):
    sentence = _("This picture cannot be read. Save it once more as PNG, JPEG, WebP or GIF.")
    field = "file"


class PictureHasTooManyPixels(Refusal):
    sentence = _(
        "The picture is %(width)s × %(height)s pixels; a side has at most 12,000, and all together 50 million."
    )
    field = "file"


class VideoIsUnknown(Refusal):
    sentence = _("Browsers do not play this video. Save it as MP4 or WebM.")
    field = "file"


class FileIsAProgram(Refusal):
    sentence = _("Programs cannot be shared here, because nobody can know what they do. Put it into a ZIP file.")
    field = "file"


class PostIsFull(Refusal):
    sentence = _("A post holds at most 20 pictures, videos and files.")
    field = "file"


class CaptionsAreBroken(Refusal):
    sentence = _("Line %(line)s: %(what)s. Captions are WebVTT files (.vtt).")
    field = "captions"


class CaptionsAreTooLarge(Refusal):
    sentence = _("Captions have at most 500 kB.")
    field = "captions"


class NotAVideo(Refusal):
    sentence = _("Only videos have captions.")
    field = "captions"


def add_media(*, post: Post, file: UploadedFile, now: datetime, description: str = "") -> Media:
    """Take in a file for a post. Bringing the same content to the same post again gives what is there already.

    Sizes in bytes are those of `settings.MEDIA_MOST_MB`. Writes the files first and the row then; if the row cannot be
    made the files go again, and what a crash leaves behind is swept.
    """
    size = file.size or 0
    if not size:
        raise FileIsEmpty
    head = file.read(64)
    kind, content_type = _kind_of(file, head, size)
    most = settings.MEDIA_MOST_MB[kind]
    if size > most * MEGABYTE:
        raise FileIsTooLarge(kind=Media.Kind(kind).label, most=most)
    digest = _digest(file)
    known = post.media.filter(digest=digest).first()
    if known is not None:
        return known
    media = Media(
        creator=post.creator,
        post=post,
        kind=kind,
        name=_clean_name(file.name or ""),
        description=description,
        content_type=content_type,
        size_bytes=size,
        digest=digest,
        uploaded_at=now,
    )
    written: list[str] = []
    try:
        renditions = list(_stored_renditions(media, file, written)) if kind == Media.Kind.PICTURE else []
        if not renditions:
            file.seek(0)
            media.file.save(media.name, file, save=False)
            written.append(str(media.file.name))
        return _record(media, renditions)
    except BaseException:
        for path in written:
            default_storage.delete(path)
        raise


def _kind_of(file: UploadedFile, head: bytes, size: int) -> tuple[str, str]:
    if containers.is_picture(head):
        return Media.Kind.PICTURE, "image/webp"
    video = containers.video_type(file, size)  # type: ignore[arg-type]  # an upload reads and seeks like a file
    if video == "":
        raise VideoIsUnknown
    if video is not None:
        return Media.Kind.VIDEO, video
    if containers.is_program(head):
        raise FileIsAProgram
    return Media.Kind.FILE, containers.file_type(head)


def _digest(file: UploadedFile) -> str:
    file.seek(0)
    found = hashlib.sha256()
    for part in file.chunks():
        found.update(part)
    return found.hexdigest()


def _clean_name(name: str) -> str:
    """The last part of the name, without what a header or a terminal could take for something else."""
    plain = "".join(sign for sign in PurePath(name.replace("\\", "/")).name if sign.isprintable())
    stem, dot, ending = plain.rpartition(".")
    return (f"{stem[:100]}{dot}{ending[:10]}" if dot else plain[:110]) or "file"


@transaction.atomic
def _record(media: Media, renditions: list[Rendition]) -> Media:
    # The post's row is the lock: two uploads cannot fill the last place together.
    Post.objects.select_for_update().get(pk=media.post_id)
    if media.post.media.count() >= MOST_PER_POST:
        raise PostIsFull
    media.save()
    for rendition in renditions:
        rendition.media = media
        rendition.save()
    return media


def _stored_renditions(media: Media, file: UploadedFile, written: list[str]) -> Iterator[Rendition]:
    """The picture in every width it is large enough for, and never larger than it is."""
    picture = _read_picture(file)
    widths = sorted({min(width, picture.width) for width in Rendition.WIDTHS})
    for width in widths:
        height = max(1, round(picture.height * width / picture.width))
        out = io.BytesIO()
        # Nothing but pixels is handed on: no EXIF, no comments, no color profile.
        picture.resize((width, height), Image.Resampling.LANCZOS).save(out, "WEBP", quality=82, method=4)
        content = out.getvalue()
        rendition = Rendition(media=media, width=width, height=height, size_bytes=len(content))
        rendition.digest = hashlib.sha256(content).hexdigest()
        rendition.file.save("", ContentFile(content, name=public_id()), save=False)
        written.append(str(rendition.file.name))
        yield rendition


def _read_picture(file: UploadedFile) -> Image.Image:
    """The pixels, upright. The size is read before the pixels: a small file can unfold to a gigantic picture."""
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(file, formats=FORMATS)
            width, height = picture.size
            if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
                raise PictureHasTooManyPixels(width=width, height=height)
            picture.load()
            upright = ImageOps.exif_transpose(picture)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise PictureIsBroken from error
    has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    return upright.convert("RGBA" if has_alpha else "RGB")


@transaction.atomic
def describe_media(*, media: Media, description: str) -> Media:
    """Say what can be seen, for readers who cannot see it. Safe to repeat."""
    media.description = description
    media.save(update_fields=["description"])
    return media


@transaction.atomic
def add_captions(*, media: Media, language: str, label: str, file: UploadedFile, now: datetime) -> Captions:
    """Caption a video in a language, in place of what was there. Safe to repeat."""
    if media.kind != Media.Kind.VIDEO:
        raise NotAVideo
    if (file.size or 0) > MOST_CAPTIONS_BYTES:
        raise CaptionsAreTooLarge
    try:
        read = containers.read_captions(file.read())
    except containers.NotWebVtt as wrong:
        raise CaptionsAreBroken(line=wrong.line, what=wrong.what) from wrong
    values = {"label": label, "text": read.text, "cues": read.cues, "uploaded_at": now}
    return Captions.objects.update_or_create(media=media, language=language, defaults=values)[0]


@transaction.atomic
def remove_media(*, media: Media) -> None:
    """Take something away from its post; its files go once that is certain. Safe to repeat."""
    paths = [str(media.file.name)] if media.file else []
    paths += [str(rendition.file.name) for rendition in media.renditions.all()]
    Media.objects.filter(pk=media.pk).delete()
    transaction.on_commit(lambda: _delete(paths))


def _delete(paths: list[str]) -> None:
    for path in paths:
        default_storage.delete(path)


def sweep_media(*, now: datetime) -> int:
    """Delete files that no row knows and that are older than a day; how many. Safe to repeat."""
    known = {*Media.objects.values_list("file", flat=True), *Rendition.objects.values_list("file", flat=True)}
    lost = [path for path in _files(FOLDER) if path not in known]
    old = [path for path in lost if default_storage.get_modified_time(path) < now - YOUNG]
    _delete(old)
    return len(old)


def _files(folder: str) -> Iterator[str]:
    if not default_storage.exists(folder):
        return
    folders, files = default_storage.listdir(folder)
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _files(f"{folder}/{name}")
