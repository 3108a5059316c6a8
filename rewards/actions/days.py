"""A day is rated: which of its views qualify, and why the others do not."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kit.refusal import Refusal
from portal.kit.words import day_lazy
from portal.programs.models import Enrollment, Program, Suspension
from rewards import files
from rewards.actions.batches import MonthIsClosed
from rewards.models import Clip, DailyRating, MonthStatement, RateCard, RatedDay, ViewBatch, ViewSource
from rewards.rating.clips import ClipFacts, write_clips
from rewards.rating.engine import RatingDoesNotAddUp, rate

ONE_DAY = timedelta(days=1)


class NoRateCard(Refusal):
    sentence = _("No rate card is in force on %(day)s.")


@dataclass(frozen=True, slots=True)
class DayInput:
    """Everything the rating of one day of one source depends on; `digest` names it."""

    source: ViewSource
    day: date
    card: RateCard
    batches: Sequence[ViewBatch]
    clips: Sequence[ClipFacts]
    seen: Sequence[str]  # digests of the earlier days of the month
    digest: str


@dataclass(slots=True)
class ClipDay:
    """What became of one clip's views on one day."""

    reasons: dict[str, int] = field(default_factory=dict)
    regions: dict[str, int] = field(default_factory=dict)
    finish: int = 0


@dataclass(frozen=True, slots=True)
class DayOutcome:
    """The rating of a day: totals over all views, and by the clip's id at the source."""

    views: int
    qualified: int
    reasons: dict[str, int]
    clips: dict[str, ClipDay]


def rate_day(*, day: date, now: datetime) -> list[RatedDay]:
    """Rate a day (UTC) of every source, after the earlier days of its month that need it, before the later ones.

    The day's ratings are replaced in one transaction. Safe to repeat: the key is source and day, the outcome a pure
    function of batches, clips, card and the earlier days. Raises MonthIsClosed and NoRateCard.
    """
    return [row for source in ViewSource.objects.all() for row in _rate_month(source, day, now, anyway=day)]


def rate_stale(*, until: date, now: datetime) -> list[RatedDay]:
    """Rate what needs it in the month of `until` up to that day: new days, and days whose input changed since."""
    return [row for source in ViewSource.objects.all() for row in _rate_month(source, until, now, anyway=None)]


def _rate_month(source: ViewSource, until: date, now: datetime, *, anyway: date | None) -> list[RatedDay]:
    month = until.replace(day=1)
    if MonthStatement.objects.filter(month=month).exists():
        raise MonthIsClosed(month=day_lazy(month, "YEAR_MONTH_FORMAT"))
    rated = {row.day: row for row in RatedDay.objects.filter(source=source, day__range=(month, last_day(month)))}
    done = []
    # A changed day changes what counts as a repeat on the later ones.
    for given in day_inputs(source, month, max([until, *rated])):
        row = rated.get(given.day)
        fresh = row is not None and row.input_digest == given.digest
        if not fresh or given.day == anyway or not files.pairs_path(source, given.digest).exists():
            pairs = [files.pairs_path(source, digest) for digest in given.seen]
            outcome = outcome_of(given, pairs=pairs, keep_pairs_at=files.pairs_path(source, given.digest))
            done.append(_record(given, outcome, now))
    return done


def day_inputs(source: ViewSource, month: date, until: date) -> Iterator[DayInput]:
    """The inputs of all days of a month that have views, in order, up to and with `until`."""
    batches = list(ViewBatch.objects.filter(source=source).touching(month, min(until, last_day(month))).order_by("pk"))
    seen: list[str] = []
    for number in range((min(until, last_day(month)) - month).days + 1):
        day = month + timedelta(days=number)
        touching = [batch for batch in batches if batch.first_date <= day <= batch.last_date]
        if not touching:
            continue
        card = RateCard.objects.in_force(day).first()
        if card is None:
            raise NoRateCard(day=day)
        clips = clip_facts(source, day)
        told = {
            "card": asdict(card.card()) | {"version": card.version},
            "batches": sorted(batch.content_hash for batch in touching),
            "clips": [facts.as_json() for facts in clips],
            "seen": seen,
        }
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
        yield DayInput(source, day, card, touching, clips, tuple(seen), digest)
        seen.append(digest)


def clip_facts(source: ViewSource, day: date) -> list[ClipFacts]:
    """The clips of a source with what a rating asks of their creators on that day. Three queries."""
    start = datetime.combine(day, time(), UTC)
    end = start + ONE_DAY
    clips = list(Clip.objects.filter(source=source).order_by("external_id"))
    enrolled = Enrollment.objects.filter(Q(left_at__isnull=True) | Q(left_at__gt=start), enrolled_at__lt=end)
    joined = {row.creator_id: row for row in enrolled.filter(program=Program.REWARDS).order_by("enrolled_at")}
    live = Suspension.objects.live(end - timedelta(microseconds=1)).filter(program=Program.REWARDS)
    suspended = {row.creator_id: row.suspended_at for row in live.order_by("-suspended_at")}
    facts = []
    for clip in clips:
        enrollment = joined.get(clip.creator_id)
        ends = [enrollment.left_at if enrollment else None, suspended.get(clip.creator_id)]
        facts.append(
            ClipFacts(
                clip_id=clip.external_id,
                duration_ms=clip.duration_ms,
                original=clip.is_original,
                owner_viewer_id=clip.owner_viewer_id or None,
                published_at=clip.published_at,
                joined_at=enrollment.enrolled_at if enrollment else None,
                left_at=min((moment for moment in ends if moment), default=None),
            )
        )
    return facts


def outcome_of(given: DayInput, *, pairs: Sequence[Path], keep_pairs_at: Path) -> DayOutcome:
    """Rate one day, a pure function of its input; `pairs` are the counted ones of the earlier days of the month."""
    by_clip: dict[str, ClipDay] = defaultdict(ClipDay)
    with files.workspace() as folder:
        write_clips(given.clips, folder / "clips.parquet")
        made = folder / "pairs.parquet"
        with rate(
            [files.batch_path(batch) for batch in given.batches],
            folder / "clips.parquet",
            given.card.card(),
            start=given.day,
            end=given.day + ONE_DAY,
            seen=pairs,
            keep_pairs=made,
        ) as rating:
            for counted in rating.counted():
                clip = by_clip[str(counted.clip_id)]
                clip.regions[counted.region] = counted.views
                clip.finish += counted.finish
            for uncounted in rating.uncounted():
                if uncounted.clip_id is not None:
                    by_clip[str(uncounted.clip_id)].reasons[uncounted.reason] = uncounted.views
            outcome = DayOutcome(rating.views, rating.qualified, rating.reasons, dict(by_clip))
        files.keep(made, keep_pairs_at)
        return outcome


def rating_rows(given: DayInput, outcome: DayOutcome) -> list[DailyRating]:
    """The rows of a day, unsaved, each proved to add up."""
    clips = {clip.external_id: clip for clip in Clip.objects.filter(source=given.source)}
    rows = []
    for external_id, counts in outcome.clips.items():
        qualified, uncounted = sum(counts.regions.values()), sum(counts.reasons.values())
        row = DailyRating(
            clip=clips[external_id],
            day=given.day,
            card=given.card,
            views=qualified + uncounted,
            qualified=qualified,
            uncounted=uncounted,
            reasons=counts.reasons,
            regions=counts.regions,
            finish=counts.finish,
        )
        rows.append(row)
    unknown = outcome.reasons.get("unknown_clip", 0)
    if sum(row.views for row in rows) + unknown != outcome.views or not all(row.add_up() for row in rows):
        raise RatingDoesNotAddUp(f"{given.day}: the clips do not sum to {outcome.views} views.")
    return rows


@transaction.atomic
def _record(given: DayInput, outcome: DayOutcome, now: datetime) -> RatedDay:
    """Replace the day's ratings."""
    rows = rating_rows(given, outcome)
    DailyRating.objects.filter(clip__source=given.source, day=given.day).delete()
    DailyRating.objects.bulk_create(rows, batch_size=2_000)
    row, _is_new = RatedDay.objects.update_or_create(
        source=given.source,
        day=given.day,
        defaults={
            "card": given.card,
            "views": outcome.views,
            "qualified": outcome.qualified,
            "uncounted": outcome.views - outcome.qualified,
            "reasons": {reason: views for reason, views in outcome.reasons.items() if views},
            "input_digest": given.digest,
            "rated_at": now,
        },
    )
    return row


def last_day(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1) - ONE_DAY
