"""Views come in: a file is checked whole, becomes one Parquet file and one row, or is refused and may be sent again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.refusal import Refusal
from portal.kit.words import day_lazy
from rewards import files
from rewards.models import Clip, MonthStatement, ViewBatch, ViewSource
from rewards.rating.batch import Contents
from rewards.rating.clips import ClipFacts
from rewards.rating.engine import UnusableViews

MAX_FILE_BYTES = 2_000_000_000

Reader = Callable[[Path, Path], Contents]


class ViewsRefused(Refusal):
    sentence = "%(why)s"
    status = 422


class FileTooLarge(Refusal):
    sentence = _("The file is larger than %(limit)s GB. Send it in parts.")
    status = 413


class MonthIsClosed(Refusal):
    sentence = _("%(month)s is closed: its views can no longer change what was earned.")


class ClipIsTaken(Refusal):
    sentence = _("The clip %(clip)s already belongs to another creator.")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The batch, and whether it is new; False when the same content was taken in before."""

    batch: ViewBatch
    is_new: bool


def accept_batch(
    *, source: ViewSource, raw: Path, read: Reader, origin: str, now: datetime, variant: str = ""
) -> Accepted:
    """Take in a file of views: `read` turns it into clean Parquet and says what it holds.

    Safe to repeat: the key is the hash of the content (and `variant`, where `read` was told to change something).
    Raises ViewsRefused with the reader's sentence, FileTooLarge, MonthIsClosed; then nothing is kept.
    """
    if raw.is_file() and raw.stat().st_size > MAX_FILE_BYTES:
        raise FileTooLarge(limit=MAX_FILE_BYTES // 10**9)
    with files.workspace() as folder:
        clean = folder / "views.parquet"
        content_hash = files.hash_of(raw, salt=variant) if raw.is_file() else ""
        known = ViewBatch.objects.filter(source=source, content_hash=content_hash).first()
        if known is not None:
            return Accepted(known, False)
        try:
            contents = read(raw, clean)
        except UnusableViews as refused:
            raise ViewsRefused(why=str(refused)) from None
        check_dates(contents, now)
        name = files.batch_name(source, content_hash)
        files.keep(clean, files.root() / name)
    with transaction.atomic():
        batch, is_new = ViewBatch.objects.get_or_create(
            source=source,
            content_hash=content_hash,
            defaults={
                "file": name,
                "views": contents.views,
                "first_date": contents.first_date,
                "last_date": contents.last_date,
                "received_at": now,
                "origin": origin[:120],
            },
        )
    return Accepted(batch, is_new)


def check_dates(contents: Contents, now: datetime) -> None:
    """Refuse views of a month whose statements are frozen, and views that have not happened yet."""
    if contents.last_date > (now.astimezone(UTC) + timedelta(days=1)).date():
        raise ViewsRefused(
            why=_("The file holds views of %(day)s, which is still to come.") % {"day": contents.last_date}
        )
    first = contents.first_date.replace(day=1)
    closed = MonthStatement.objects.filter(month__range=(first, contents.last_date)).order_by("month").first()
    if closed is not None:
        raise MonthIsClosed(month=day_lazy(closed.month, "YEAR_MONTH_FORMAT"))


@transaction.atomic
def import_clips(
    *, creator: Creator, source: ViewSource, clips: Iterable[ClipFacts], titles: dict[str, str] | None = None
) -> list[Clip]:
    """Make sure these clips of a creator exist, newest facts winning. `published_at` must be told.

    Safe to repeat: the key is the clip's id at the source. Raises ClipIsTaken when it belongs to somebody else.
    """
    titles = titles or {}
    found = []
    for facts in clips:
        values = {
            "duration_ms": facts.duration_ms,
            "is_original": facts.original,
            "owner_viewer_id": facts.owner_viewer_id or "",
            "published_at": facts.published_at,
            "title": titles.get(facts.clip_id) or _("Clip %(id)s") % {"id": facts.clip_id},
        }
        clip, is_new = Clip.objects.get_or_create(
            source=source, external_id=facts.clip_id, defaults={"creator": creator, **values}
        )
        if clip.creator_id != creator.pk:
            raise ClipIsTaken(clip=clip)
        if not is_new:
            Clip.objects.filter(pk=clip.pk).update(**values)
        found.append(clip)
    return found
