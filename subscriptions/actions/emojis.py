"""Emojis: taken in, measured, drawn again by us in three sizes, looked at by staff while the old art stays live."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import BinaryIO

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.text import format_lazy

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from subscriptions.models import Emoji, EmojiImage, EmojiPoints, EmojiVersion, Tier
from subscriptions.queries.emojis import emoji_slots, subscriber_points
from subscriptions.studio.drawing import draw_sizes
from subscriptions.studio.flashing import MOST_A_SECOND, flashing
from subscriptions.studio.legibility import legibility, score
from subscriptions.studio.likeness import fingerprint, mirrored
from subscriptions.studio.reading import MOST_BYTES, Art, Unfit, read_art


class PictureRefusal(Refusal):
    field = "image"
    status = 422


class FileIsTooLarge(PictureRefusal):
    sentence = _("The file is larger than 1 MB.")


class FileIsNoPicture(PictureRefusal):
    sentence = _("This file is not a PNG, WebP, GIF or JPEG picture, whatever its name says.")


class FileIsTwoThings(PictureRefusal):
    sentence = _("There is something else behind the picture in this file. Save the picture anew and bring that.")


class PictureHasWrongSize(PictureRefusal):
    sentence = _("The picture is %(width)s × %(height)s pixels. Each side has 112 to 4,096.")


class PictureIsGigantic(PictureRefusal):
    sentence = _("This file unfolds to a gigantic picture. Each side has 112 to 4,096 pixels.")


class PictureIsEmpty(PictureRefusal):
    sentence = _("Nothing can be seen in this picture: every pixel is see-through.")


class TooManyFrames(PictureRefusal):
    sentence = _("The animation has more than 60 frames.")


class AnimationUnfoldsTooFar(PictureRefusal):
    sentence = _("The frames of %(width)s × %(height)s pixels are too large together. Make the animation smaller.")


class FrameIsTooShort(PictureRefusal):
    sentence = _("Frame %(number)s is shown for %(duration)s ms. Each needs at least 20 ms, or browsers guess.")


class AnimationFlashes(PictureRefusal):
    sentence = _(
        "It flashes %(flashes)s times within a second, from %(seconds)s seconds on. More than three can cause seizures; "
        "slow it down, or make the change smaller."
    )


class EmojiNameIsTaken(Refusal):
    sentence = _("You have an emoji of this name already.")
    field = "name"


class NoSlotLeft(Refusal):
    sentence = _("All %(total)s slots are taken. Let an emoji go, or win more members.")


class TierOfAnotherCreator(Refusal):
    sentence = _("This tier is not yours.")
    field = "tier"


class EmojiIsRetired(Refusal):
    sentence = _("You have let this emoji go. Bring it as a new one.")


class RejectionNeedsReason(Refusal):
    sentence = _("Say why it is not approved; the creator can read it.")
    field = "code"


class NotWaiting(Refusal):
    sentence = _("This picture was looked at already, or replaced by a newer one.")


UNFIT: Mapping[str, type[Refusal]] = {
    "too_large": FileIsTooLarge,
    "no_picture": FileIsNoPicture,
    "two_files": FileIsTwoThings,
    "wrong_size": PictureHasWrongSize,
    "gigantic": PictureIsGigantic,
    "empty": PictureIsEmpty,
    "too_many_frames": TooManyFrames,
    "unfolds_too_far": AnimationUnfoldsTooFar,
    "frame_too_short": FrameIsTooShort,
}


@dataclass(frozen=True, slots=True)
class Studied:
    """Art that may become an emoji: its pictures by size, and the columns of `EmojiVersion` that the studio fills."""

    pictures: dict[int, bytes]
    columns: dict[str, object]


def study(image: BinaryIO) -> Studied:
    """Read, check, measure and draw a file; no row is touched. Raises the refusals above, each a sentence."""
    try:
        art = read_art(image.read(MOST_BYTES + 1))
    except Unfit as unfit:
        raise UNFIT[unfit.code](**unfit.values) from unfit
    flashes = flashing(art.frames, art.durations_ms)
    if flashes.is_too_much:
        raise AnimationFlashes(flashes=flashes.most, seconds=f"{flashes.at_ms / 1000:.1f}")
    return Studied(draw_sizes(art), _measures(art, flashes.most))


def _measures(art: Art, flashes: int) -> dict[str, object]:
    parts = legibility(art.frames)
    return {
        "frames": len(art.frames),
        "lasts_ms": art.lasts_ms,
        "score": score(parts),
        "measured": {"parts": [asdict(part) for part in parts], "flashes": flashes, "most_flashes": MOST_A_SECOND},
        "fingerprint": fingerprint(art.frames[0]),
        "mirror": mirrored(art.frames[0]),
    }


def add_emoji(*, creator: Creator, name: str, image: BinaryIO, now: datetime, tier: Tier | None = None) -> Emoji:
    """Take in a picture as `:name:`; members see it once staff approve. `tier`: from which tier on, None for all."""
    studied = study(image)
    if tier is not None and tier.creator_id != creator.pk:
        raise TierOfAnotherCreator
    try:
        with transaction.atomic():
            # The creator's row is the lock: two pages cannot take the last slot together.
            Creator.objects.select_for_update().get(pk=creator.pk)
            record_points(creator=creator, now=now)
            slots = emoji_slots(creator=creator, at=now)
            if not slots.left:
                raise NoSlotLeft(total=slots.total)
            emoji = Emoji.objects.create(creator=creator, name=name, tier=tier, created_at=now)
            _add_version(emoji, studied, now)
            return emoji
    except IntegrityError as error:
        raise EmojiNameIsTaken from error


@transaction.atomic
def replace_art(*, emoji: Emoji, image: BinaryIO, now: datetime) -> EmojiVersion:
    """Bring another picture for an emoji. The old one stays live until staff approve; one that still waited is replaced."""
    studied = study(image)
    row = Emoji.objects.select_for_update().get(pk=emoji.pk)
    if row.retired_at is not None:
        raise EmojiIsRetired
    row.versions.filter(state=EmojiVersion.State.PENDING).update(state=EmojiVersion.State.WITHDRAWN)
    return _add_version(row, studied, now)


def _add_version(emoji: Emoji, studied: Studied, now: datetime) -> EmojiVersion:
    version = EmojiVersion.objects.create(emoji=emoji, uploaded_at=now, **studied.columns)
    EmojiImage.objects.bulk_create(
        EmojiImage(version=version, size=size, content=content) for size, content in studied.pictures.items()
    )
    return version


@transaction.atomic
def change_tier_of_emoji(*, emoji: Emoji, tier: Tier | None) -> Emoji:
    """From which tier on it may be used; None for every member with emojis. Safe to repeat; the art is not looked at
    again."""
    if tier is not None and tier.creator_id != emoji.creator_id:
        raise TierOfAnotherCreator
    emoji.tier = tier
    emoji.save(update_fields=["tier"])
    return emoji


@transaction.atomic
def retire_emoji(*, emoji: Emoji, now: datetime) -> Emoji:
    """Let an emoji go: its slot and its name are free; what was written with it still shows it. Safe to repeat."""
    row = Emoji.objects.select_for_update().get(pk=emoji.pk)
    if row.retired_at is None:
        row.retired_at = now
        row.save(update_fields=["retired_at"])
        row.versions.filter(state=EmojiVersion.State.PENDING).update(state=EmojiVersion.State.WITHDRAWN)
    return row


@transaction.atomic
def review_version(
    *, version: EmojiVersion, approve: bool, by: User, now: datetime, code: str = "", note: str = ""
) -> EmojiVersion:
    """Staff say yes, which puts it live, or no with a coded reason; the creator is told. Safe to repeat: the same answer
    changes nothing, another one refuses."""
    note = note.strip()
    if not approve and (code not in EmojiVersion.Code.values or (code == EmojiVersion.Code.OTHER and not note)):
        raise RejectionNeedsReason
    emoji = Emoji.objects.select_for_update().select_related("creator__user").get(pk=version.emoji_id)
    row = EmojiVersion.objects.select_for_update().get(pk=version.pk)
    state = EmojiVersion.State.APPROVED if approve else EmojiVersion.State.REJECTED
    if row.state == state:
        return row
    if row.state != EmojiVersion.State.PENDING:
        raise NotWaiting
    row.state, row.reviewed_by, row.reviewed_at = state, by, now
    row.code, row.note = ("", "") if approve else (code, note)
    row.save(update_fields=["state", "reviewed_by", "reviewed_at", "code", "note"])
    if approve:
        emoji.live = row
        emoji.save(update_fields=["live"])
    _tell_review(emoji, row, now)
    return row


def _tell_review(emoji: Emoji, version: EmojiVersion, now: datetime) -> None:
    is_approved = version.state == EmojiVersion.State.APPROVED
    subject = _("Your emoji :%(name)s: is approved") if is_approved else _("Your emoji :%(name)s: was not approved")
    stays = _("The picture it had before stays as it is.") if emoji.live_id else ""
    tell(
        to=emoji.creator.user,
        kind="subscriptions.emoji_reviewed",
        subject=subject % {"name": emoji.name},
        body=_("Members can use it in posts and in the chat.")
        if is_approved
        else format_lazy("{} {}", version.reason, stays),
        url=reverse("emoji_list"),
        now=now,
        key=f"emoji:{version.public_id}:{version.state}",
    )


@transaction.atomic
def record_points(*, creator: Creator, now: datetime) -> EmojiPoints:
    """Keep the most subscriber points a creator ever had. Safe to repeat: it only goes up."""
    points = subscriber_points(creator=creator, at=now)
    row, _is_new = EmojiPoints.objects.select_for_update().get_or_create(
        creator=creator, defaults={"most": points, "reached_at": now}
    )
    if row.raise_to(points, now):
        row.save(update_fields=["most", "reached_at"])
    return row
