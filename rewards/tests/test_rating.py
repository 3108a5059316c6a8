"""The rating itself: exact on real views, and on any views at all the same as the slow reading of the rules."""

import itertools
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rewards.importers.kuairand import FileRating, rate_file
from rewards.rating import batch, rules
from rewards.rating.card import Card
from rewards.rating.clips import ClipFacts, write_clips
from rewards.rating.engine import Rating, UnusableViews, rate
from rewards.tests.reference import View, rate_slowly

REAL = Path(settings.SHARED_DATA) / "views" / "kuairand_kcore15.tsv"
needs_real = pytest.mark.skipif(not REAL.exists(), reason=f"the real views are not here: {REAL}")
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
START = datetime(2026, 5, 1, tzinfo=UTC)
CARD = Card(max_views_per_viewer_day=2, rpm_minor={"*": 40, "US": 100, "DE": 70})


def write_events(views: Sequence[View], out: Path, without: Sequence[str] = ()) -> Path:
    """Events as a Parquet file, columns that a source does not send left out."""
    kinds = {
        "viewer_id": "BIGINT" if all(isinstance(view.viewer_id, int) for view in views) else "VARCHAR",
        "clip_id": "BIGINT", "at": "TIMESTAMP", "watched_ms": "BIGINT", "clip_ms": "BIGINT", "source": "VARCHAR",
        "promoted": "BOOLEAN", "disliked": "BOOLEAN", "country": "VARCHAR",
    }  # fmt: skip
    told = out.with_suffix(".json")
    rows = [vars(view) | {"at": view.at.replace(tzinfo=None).isoformat()} for view in views]
    told.write_text("\n".join(json.dumps(row) for row in rows))
    columns = ", ".join(f"\"{name}\": '{kind}'" for name, kind in kinds.items())
    chosen = ", ".join(f'"{name}"' for name in kinds if name not in without)
    duckdb.sql(f"COPY (SELECT {chosen} FROM read_json('{told}', format='newline_delimited', columns={{{columns}}})) "
               f"TO '{out}' (FORMAT parquet)")  # fmt: skip
    return out


def outcome(rating: Rating) -> tuple[Counter[Any], Counter[Any]]:
    qualified = Counter({(row.clip_id, row.day, row.region): row.views for row in rating.counted()})
    failed = Counter({(row.clip_id or 0, row.day, row.reason): row.views for row in rating.uncounted()})
    return qualified, failed


def rows(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as db:
        return db.execute(sql).fetchall()


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC)


def rated(tmp_path: Path, views: Sequence[View], clips: Sequence[ClipFacts], card: Card = CARD) -> dict[str, int]:
    """Reason → views, and qualified, zeros left out."""
    write_clips(clips, tmp_path / "clips.parquet")
    events = write_events(views, tmp_path / "events.parquet")
    with rate([events], tmp_path / "clips.parquet", card, start=MAY, end=JUNE) as rating:
        found = {"qualified": rating.qualified} | rating.reasons
        assert sum(found.values()) == len(views) == rating.views
        return {reason: count for reason, count in found.items() if count}


# --- Real views ---------------------------------------------------------------
def real(card: Card, tmp_path: Path) -> FileRating:
    clean = tmp_path / "views.parquet"
    return rate_file(clean, batch.kuairand(REAL, clean), card)


@needs_real
def test_sixty_seconds_and_more_give_4219_of_41828_real_views(tmp_path: Path) -> None:
    found = real(Card(min_clip_counts=True), tmp_path)
    assert (found.total, found.qualified, found.clips) == (41_828, 4_219, 276)
    assert found.qualified + sum(found.reasons.values()) == found.total


@needs_real
def test_our_own_rule_longer_than_sixty_seconds_gives_4209(tmp_path: Path) -> None:
    assert real(Card(), tmp_path) == FileRating(
        total=41_828,
        qualified=4_209,
        clips=275,
        reasons=dict.fromkeys(rules.reasons(), 0)
        | {"no_length": 7_738, "clip_too_short": 26_546, "disliked": 2_739, "watched_too_briefly": 590, "repeat": 6},
    )


@needs_real
def test_days_are_utc_days_although_the_file_tells_local_dates(tmp_path: Path) -> None:
    clean = tmp_path / "views.parquet"
    batch.kuairand(REAL, clean)
    local = f"read_csv('{REAL}', delim='\t', header=true)"
    sql = f"""SELECT count(*) FROM {local} WHERE date <> strftime(epoch_ms(time_ms), '%Y%m%d')::BIGINT"""
    assert rows(sql) == [(5_536,)]
    ours = rows(f"""SELECT strftime("at", '%Y%m%d')::BIGINT, count(*) FROM '{clean}' GROUP BY 1 ORDER BY 1""")
    theirs = rows(f"SELECT strftime(epoch_ms(time_ms), '%Y%m%d')::BIGINT, count(*) FROM {local} GROUP BY 1 ORDER BY 1")
    assert ours == theirs


# --- Single rules -------------------------------------------------------------
LONG = ClipFacts("1", duration_ms=90_000)


def test_each_rule_catches_its_view_and_the_first_failed_rule_names_it(tmp_path: Path) -> None:
    joined = at(10)
    clips = [
        LONG,
        ClipFacts("2", duration_ms=60_000),
        ClipFacts("3", duration_ms=None),
        ClipFacts("4", duration_ms=90_000, original=False),
        ClipFacts("5", duration_ms=90_000, published_at=at(9), joined_at=joined),
        ClipFacts("6", duration_ms=90_000, joined_at=joined, left_at=at(20)),
        ClipFacts("7", duration_ms=90_000, joined_at=None),
        ClipFacts("8", duration_ms=90_000, owner_viewer_id="7"),
    ]
    views = [
        View(7, 1, at(12), 5_000),
        View(7, 99, at(12), 5_000),
        View(7, 2, at(12), 5_000, promoted=True),
        View(7, 3, at(12), 5_000, disliked=True),
        View(7, 4, at(12), 0),
        View(7, 5, at(12), 5_000),
        View(7, 6, at(9), 5_000),
        View(7, 6, at(20), 5_000),
        View(7, 7, at(12), 5_000),
        View(7, 8, at(12), 5_000),
        View(8, 1, at(12), 5_000, source="ad"),
        View(8, 1, at(12), 5_000, promoted=True, disliked=True),
        View(8, 1, at(12), 0, disliked=True),
        View(8, 1, at(12), 4_999),
        View(7, 1, at(13), 5_000),
    ]
    assert rated(tmp_path, views, clips) == {
        "qualified": 1, "unknown_clip": 1, "clip_too_short": 1, "no_length": 1, "not_original": 1,
        "published_before_joining": 1, "not_enrolled": 3, "own_view": 1, "promoted": 2, "disliked": 1,
        "watched_too_briefly": 1, "repeat": 1,
    }  # fmt: skip


def test_a_view_that_fails_does_not_use_up_the_viewers_one_view(tmp_path: Path) -> None:
    views = [View(7, 1, at(1), 1_000), View(7, 1, at(2), 9_000, disliked=True), View(7, 1, at(3), 9_000)]
    assert rated(tmp_path, views, [LONG]) == {"qualified": 1, "watched_too_briefly": 1, "disliked": 1}


def test_a_view_over_the_limit_may_count_on_another_day(tmp_path: Path) -> None:
    clips = [ClipFacts(str(number), duration_ms=90_000) for number in (1, 2, 3)]
    views = [View(7, 1, at(1, 1), 9_000), View(7, 2, at(1, 2), 9_000), View(7, 3, at(1, 3), 9_000)]
    assert rated(tmp_path, views, clips) == {"qualified": 2, "over_daily_limit": 1}
    again = [*views, View(7, 3, at(1, 4), 9_000), View(7, 1, at(1, 5), 9_000), View(7, 3, at(2), 9_000)]
    again += [View(7, 1, at(2, 1), 9_000), View(7, 2, at(3), 9_000)]
    assert rated(tmp_path, again, clips) == {"qualified": 3, "over_daily_limit": 2, "repeat": 3}


def test_the_length_a_view_reports_goes_before_the_length_of_the_clip(tmp_path: Path) -> None:
    views = [View(1, 1, at(1), 9_000, clip_ms=0), View(2, 1, at(1), 9_000, clip_ms=60_001), View(3, 1, at(1), 9_000)]
    assert rated(tmp_path, views, [LONG]) == {"qualified": 2, "no_length": 1}


def test_viewers_may_be_numbered_beyond_all_measure_or_be_text(tmp_path: Path) -> None:
    huge = [View(2**62, 1, at(1), 9_000), View(2**62, 1, at(2), 9_000), View(3, 1, at(1), 9_000)]
    assert rated(tmp_path, huge, [LONG]) == {"qualified": 2, "repeat": 1}
    text = [View("ä", 1, at(1), 9_000), View("ä", 1, at(2), 9_000), View("b'", 1, at(1), 9_000)]
    assert rated(tmp_path, text, [LONG]) == {"qualified": 2, "repeat": 1}


def test_only_the_required_columns_are_needed(tmp_path: Path) -> None:
    write_clips([LONG], tmp_path / "clips.parquet")
    without = ("clip_ms", "source", "promoted", "disliked", "country")
    events = write_events([View(7, 1, at(1), 9_000)], tmp_path / "events.parquet", without)
    with rate([events], tmp_path / "clips.parquet", CARD, start=MAY, end=JUNE) as rating:
        assert rating.qualified == 1
    events = write_events([View(7, 1, at(1), 9_000)], tmp_path / "events.parquet", ("watched_ms",))
    with pytest.raises(UnusableViews, match="no column “watched_ms”"):
        rate([events], tmp_path / "clips.parquet", CARD, start=MAY, end=JUNE)


def test_a_rating_never_reaches_over_a_month(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one calendar month"):
        rate([], tmp_path, CARD, start=date(2026, 5, 31), end=date(2026, 6, 2))


# --- Any views ----------------------------------------------------------------
CLIPS = {
    1: LONG,
    2: ClipFacts("2", duration_ms=60_000),
    3: ClipFacts("3", duration_ms=61_000, owner_viewer_id="1"),
    4: ClipFacts("4", duration_ms=80_000, published_at=at(2), joined_at=at(1, 6), left_at=at(3, 18)),
    5: ClipFacts("5", duration_ms=None),
    6: ClipFacts("6", duration_ms=70_000, original=False),
    8: ClipFacts("8", duration_ms=70_000),
    9: ClipFacts("9", duration_ms=70_000),
}
view = st.builds(
    View,
    viewer_id=st.integers(1, 3),
    clip_id=st.integers(1, 7),
    at=st.builds(
        lambda day, hour, ms: START + timedelta(days=day, hours=hour, milliseconds=ms),
        st.integers(0, 3),
        st.integers(0, 23),
        st.sampled_from([0, 1]),
    ),
    watched_ms=st.sampled_from([0, 4_999, 5_000, 45_000, 500_000]),
    clip_ms=st.sampled_from([None, None, None, 0, 60_000, 60_001]),
    source=st.sampled_from([None, "for_you", "ad"]),
    promoted=st.sampled_from([False, False, False, True]),
    disliked=st.sampled_from([False, False, False, True]),
    country=st.sampled_from([None, "US", "DE", "FR"]),
)
# Two viewers who watch what counts all the time, so that the limit bites and clips come back on later days.
eager = st.builds(
    View,
    viewer_id=st.integers(1, 2),
    clip_id=st.sampled_from([1, 8, 9]),
    at=st.builds(lambda hours: START + timedelta(hours=hours), st.integers(0, 95)),
    watched_ms=st.just(9_000),
    country=st.sampled_from(["US", "FR"]),
)
worlds = st.builds(list.__add__, st.lists(view, max_size=40), st.lists(eager, min_size=4, max_size=40))


@given(views=worlds, limit=st.integers(1, 3), counts=st.booleans(), names=st.booleans())
@hypothesis_settings(max_examples=40, deadline=None)
def test_any_views_are_rated_as_the_slow_reading_of_the_rules_does(
    views: list[View], limit: int, counts: bool, names: bool
) -> None:
    card = Card(max_views_per_viewer_day=limit, min_clip_counts=counts, rpm_minor=CARD.rpm_minor)
    with tempfile.TemporaryDirectory() as folder:
        clips = Path(folder) / "clips.parquet"
        write_clips(CLIPS.values(), clips)
        told = [View(**vars(each) | {"viewer_id": f"v{each.viewer_id}"}) for each in views] if names else views
        events = write_events(told, Path(folder) / "events.parquet")
        with rate([events], clips, card, start=MAY, end=JUNE) as rating:
            assert rating.qualified + sum(rating.reasons.values()) == len(views)
            expected = rate_slowly(told, CLIPS, card)
            assert outcome(rating) == expected


@given(views=worlds, cuts=st.lists(st.integers(0, 60), max_size=3), turn=st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=12, deadline=None)
def test_the_order_of_views_and_files_changes_nothing_nor_does_rating_day_by_day(
    views: list[View], cuts: list[int], turn: Any
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_clips(CLIPS.values(), folder / "clips.parquet")
        mixed = list(views)
        turn.shuffle(mixed)
        edges = [0, *sorted(min(cut, len(mixed)) for cut in cuts), len(mixed)]
        parts = [mixed[a:b] for a, b in itertools.pairwise(edges) if a < b]
        events = [write_events(part, folder / f"{place}.parquet") for place, part in enumerate(parts)]
        found: tuple[Counter[Any], Counter[Any]] = Counter(), Counter()
        pairs: list[Path] = []
        for number in range(5):
            day = MAY + timedelta(days=number)
            made = folder / f"pairs-{number}.parquet"
            with rate(events, folder / "clips.parquet", CARD, start=day, end=day + timedelta(days=1),
                      seen=pairs, keep_pairs=made) as rating:  # fmt: skip
                for total, part in zip(found, outcome(rating), strict=True):
                    total.update(part)
            pairs.append(made)
        assert found == rate_slowly(views, CLIPS, CARD)
