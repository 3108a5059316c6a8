"""The rules once more, slowly and plainly: one view after the other in the order of time."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from rewards.rating.card import Card
from rewards.rating.clips import ClipFacts


@dataclass(frozen=True)
class View:
    viewer_id: int | str
    clip_id: int
    at: datetime
    watched_ms: int
    clip_ms: int | None = None
    source: str | None = None
    promoted: bool = False
    disliked: bool = False
    country: str | None = None


def own_rule(view: View, clip: ClipFacts | None, card: Card) -> str | None:
    """The first rule the view fails by itself."""
    if clip is None:
        return "unknown_clip"
    length = clip.duration_ms if view.clip_ms is None else view.clip_ms
    if not length or length <= 0:
        return "no_length"
    if length < card.min_clip_ms or (length == card.min_clip_ms and not card.min_clip_counts):
        return "clip_too_short"
    if not clip.original:
        return "not_original"
    if clip.joined_at and clip.published_at and clip.published_at < clip.joined_at:
        return "published_before_joining"
    if clip.joined_at is None or view.at < clip.joined_at or (clip.left_at and view.at >= clip.left_at):
        return "not_enrolled"
    if clip.owner_viewer_id == str(view.viewer_id):
        return "own_view"
    if view.promoted or view.source in card.paid_sources:
        return "promoted"
    if view.disliked:
        return "disliked"
    return None if view.watched_ms >= card.min_watched_ms else "watched_too_briefly"


def rate_slowly(
    views: Iterable[View], clips: Mapping[int, ClipFacts], card: Card
) -> tuple[Counter[tuple[int, date, str]], Counter[tuple[int, date, str]]]:
    """(clip, day, region) → qualified views, and (clip or 0, day, reason) → the others. One month."""
    qualified: Counter[tuple[int, date, str]] = Counter()
    failed: Counter[tuple[int, date, str]] = Counter()
    counted: set[tuple[int | str, int]] = set()
    of_the_day: Counter[tuple[int | str, date]] = Counter()

    def order(view: View) -> tuple[object, ...]:
        length = view.clip_ms if view.clip_ms is not None else getattr(clips.get(view.clip_id), "duration_ms", None)
        region = card.regions.index(view.country) if view.country in card.regions else 0
        return view.at, view.clip_id, region, min(100, view.watched_ms * 100 // (length or 1))

    for view in sorted(views, key=order):
        clip, day = clips.get(view.clip_id), view.at.date()
        reason = own_rule(view, clip, card)
        if reason is None and (view.viewer_id, view.clip_id) in counted:
            reason = "repeat"
        if reason is None and of_the_day[view.viewer_id, day] >= card.max_views_per_viewer_day:
            reason = "over_daily_limit"
        if reason is not None:
            failed[view.clip_id if clip else 0, day, reason] += 1
            continue
        counted.add((view.viewer_id, view.clip_id))
        of_the_day[view.viewer_id, day] += 1
        region = view.country if view.country and view.country in card.rpm_minor else "*"
        qualified[view.clip_id, day, region] += 1
    return qualified, failed
