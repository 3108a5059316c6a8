"""KuaiRand's watch events: a whole file rated on its own, or set into the demo as the views of given creators."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb

from portal.accounts.models import Creator
from rewards import files
from rewards.actions import Accepted, accept_batch, import_clips
from rewards.models import Clip, ViewSource
from rewards.rating import batch as reading
from rewards.rating.card import Card
from rewards.rating.clips import ClipFacts, clips_of
from rewards.rating.engine import rate
from rewards.rating.rules import reasons

EXCERPT = Path(__file__).resolve().parent.parent / "data" / "kuairand_excerpt.tsv"


@dataclass(frozen=True, slots=True)
class FileRating:
    """What a file comes to when all its clips take part: `total` = `qualified` + the sum of `reasons`."""

    total: int
    qualified: int
    clips: int
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True)
class Imported:
    """The batch and the clips that it is about."""

    accepted: Accepted
    clips: tuple[Clip, ...]


def source() -> ViewSource:
    found, _is_new = ViewSource.objects.get_or_create(slug="kuairand", defaults={"label": "KuaiRand"})
    return found


def rate_file(clean: Path, contents: reading.Contents, card: Card) -> FileRating:
    """Rate clean views on their own, month by month (UTC): every clip is original and its creator takes part."""
    total = qualified = 0
    clips: set[str | int] = set()
    failed = dict.fromkeys(reasons(), 0)
    known = clean.with_name("clips-of-the-file.parquet")
    clips_of(clean, known)
    month = contents.first_date.replace(day=1)
    while month <= contents.last_date:
        following = (month + timedelta(days=32)).replace(day=1)
        with rate([clean], known, card, start=month, end=following) as rating:
            total += rating.views
            qualified += rating.qualified
            clips |= {counted.clip_id for counted in rating.counted()}
            for reason, views in rating.reasons.items():
                failed[reason] += views
        month = following
    known.unlink()
    return FileRating(total, qualified, len(clips), failed)


def accept_file(path: Path, *, now: datetime, staging: reading.Staging | None = None) -> Accepted:
    """Take the file's views in without saying whose its clips are. Safe to repeat: the key is the content."""
    return accept_batch(
        source=source(),
        raw=path,
        read=partial(reading.kuairand, staging=staging),
        origin=path.name,
        now=now,
        variant=repr(asdict(staging)) if staging else "",
    )


def import_file(
    path: Path = EXCERPT,
    *,
    creators: Sequence[Creator],
    now: datetime,
    shift_to_month: date | None = None,
    audience_factor: int = 1,
    countries: Sequence[str] = (),
    titles: Sequence[str] = (),
    published_at: datetime | None = None,
) -> Imported:
    """Take in a file as the views of `creators`: its videos become their clips, dealt out in turn, most watched first.

    `shift_to_month` moves all days into another month; each viewer stands for `audience_factor` viewers, so that an
    excerpt can reach the numbers of a real month; `countries` are dealt out to the viewers. Clips are published at
    `published_at`, by default just before their first view. Safe to repeat: keys are the content and the clips' ids.
    """
    staging = reading.Staging(shift_to_month, audience_factor, tuple(countries))
    accepted = accept_file(path, now=now, staging=staging if staging != reading.Staging() else None)
    dealt: dict[Creator, list[ClipFacts]] = defaultdict(list)
    names: dict[str, str] = {}
    for place, facts in enumerate(_videos(files.batch_path(accepted.batch))):
        dealt[creators[place % len(creators)]].append(replace(facts, published_at=published_at or facts.published_at))
        if place < len(titles):
            names[facts.clip_id] = titles[place]
    clips: list[Clip] = []
    for creator, videos in dealt.items():
        clips += import_clips(creator=creator, source=accepted.batch.source, clips=videos, titles=names)
    return Imported(accepted, tuple(clips))


def _videos(clean: Path) -> list[ClipFacts]:
    """The videos of a clean file, those of more than a minute first, then the most watched."""
    sql = f"""SELECT clip_id::VARCHAR, max(clip_ms), min("at") FROM '{clean}' GROUP BY clip_id
              ORDER BY max(clip_ms) > 60000 DESC, count(*) DESC, clip_id"""
    with duckdb.connect() as db:
        rows = db.execute(sql).fetchall()
    return [
        ClipFacts(
            clip_id=clip_id, duration_ms=length or None, published_at=first.replace(tzinfo=UTC) - timedelta(hours=1)
        )
        for clip_id, length, first in rows
    ]
