"""Parquet in, table out: which views of a month qualify, and which rule each of the others failed.

A view belongs to exactly one outcome: qualified, or the first rule it fails in the order of `sql/rules/`. The last two
rules need the other views and are decided in the order of time: a view is a *repeat* when an earlier view of the same
clip by the same viewer has counted in this month, and it is *over the daily limit* when that many views of the viewer
have counted on the same day (UTC) before it. So a view that fails any rule never uses up the viewer's one view.

No Django in this package; DuckDB does the work. Days may be rated one at a time: `seen` hands the counted pairs of
the earlier days of the month in, `keep_pairs` writes those of this run out. The outcome is the same as of one run.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from string import Template
from typing import Self

import duckdb

from rewards.rating import rules
from rewards.rating.card import Card

DAY_MS = 86_400_000
SIGN_AND_DAY_BITS = 6
# Columns of the events: what stands in for one that a source does not send.
OPTIONAL = {
    "clip_ms": "NULL::BIGINT",
    "source": "NULL::VARCHAR",
    "promoted": "false",
    "disliked": "false",
    "country": "NULL::VARCHAR",
}
REQUIRED = ("viewer_id", "clip_id", "at", "watched_ms")


class UnusableViews(ValueError):
    """The files cannot be rated; the message is a sentence for the person who sent them."""


class RatingDoesNotAddUp(AssertionError):
    """Qualified views and reasons are not all views: a bug, nothing may be posted."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Qualified views of one clip on one day from one region; `finish` is the sum of the percentages watched."""

    clip_id: str | int
    day: date
    region: str
    views: int
    finish: int


@dataclass(frozen=True, slots=True)
class Uncounted:
    """Views of one clip on one day that failed one rule; `clip_id` is None where the clip is unknown."""

    clip_id: str | int | None
    day: date
    reason: str
    views: int


class Rating:
    """The outcome of one run, still inside DuckDB; read it before `close()` (or use it in a `with` block)."""

    def __init__(self, db: duckdb.DuckDBPyConnection, card: Card, start: date, views: int) -> None:
        self.db, self.card, self.start, self.views = db, card, start, views

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self.db.close()

    def _number(self, sql: str) -> int:
        row = self.db.execute(sql).fetchone()
        return int(row[0]) if row and row[0] is not None else 0

    @cached_property
    def qualified(self) -> int:
        return self._number("SELECT sum(views) FROM qualified")

    @cached_property
    def clips(self) -> int:
        """How many clips have a qualified view."""
        return self._number("SELECT count(DISTINCT clip_day >> 5) FROM qualified")

    @cached_property
    def reasons(self) -> dict[str, int]:
        """Views per reason, every reason named, in the order of the rules."""
        found = dict(self.db.execute("SELECT reason, sum(views)::BIGINT FROM reasons GROUP BY reason").fetchall())
        return {rule.reason: found.get(rule.number, 0) for rule in rules.rules()}

    def counted(self) -> Iterator[Counted]:
        """Qualified views per clip, day and region, sorted."""
        sql = """SELECT clip_id, clip_day & 31, region, views, finish
                 FROM qualified JOIN clips ON clip_no = clip_day >> 5 ORDER BY clip_no, clip_day, region"""
        regions = self.card.regions
        for clip_id, day, region, views, finish in self.db.execute(sql).fetchall():
            yield Counted(clip_id, self.start + timedelta(days=day), regions[region], views, finish)

    def uncounted(self) -> Iterator[Uncounted]:
        """Views that did not count per clip, day and reason, sorted."""
        sql = """SELECT clip_id, clip_day & 31, reason, views
                 FROM reasons LEFT JOIN clips ON clip_no = clip_day >> 5 ORDER BY clip_day, reason"""
        names = {rule.number: rule.reason for rule in rules.rules()}
        for clip_id, day, reason, views in self.db.execute(sql).fetchall():
            yield Uncounted(clip_id, self.start + timedelta(days=day), names[reason], views)


def connect(*, memory: str = "1GB", threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB in this process that spills to disk beyond `memory` and never loads extensions by itself."""
    folder = Path(tempfile.gettempdir()) / "glasshouse-rating"
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "temp_directory": str(folder),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
    }
    if threads:
        config["threads"] = threads
    return duckdb.connect(":memory:", config=config)


def rate(
    events: Sequence[Path],
    clips: Path,
    card: Card,
    *,
    start: date,
    end: date,
    seen: Sequence[Path] = (),
    keep_pairs: Path | None = None,
    memory: str = "1GB",
    threads: int | None = None,
) -> Rating:
    """Rate the views from `start` up to but without `end` (UTC days of one calendar month).

    `events`: Parquet with viewer_id and clip_id (whole numbers or text), at (TIMESTAMP, UTC), watched_ms, and where
    the source knows them clip_ms, source, promoted, disliked, country (ISO alpha-2).
    `clips`: Parquet with clip_id, duration_ms, original, owner_viewer_id, published_at, joined_at, left_at (UTC; a
    clip whose creator never joined has no joined_at). `clip_ms` of a view goes before `duration_ms` of the clip.
    `seen`: files written by `keep_pairs` for the earlier days of the month, with viewer_id and clip_id.
    Raises UnusableViews with a sentence, RatingDoesNotAddUp never unless there is a bug.
    """
    if not start < end or (end - timedelta(days=1)).replace(day=1) != start.replace(day=1):
        raise ValueError("A rating covers one day or more of one calendar month.")
    db = connect(memory=memory, threads=threads)
    try:
        run = _Run(db, card, start, end)
        run.prepare(events, clips)
        run.judge()
        run.count(seen)
        if keep_pairs:
            run.write_pairs(keep_pairs)
        return run.finish()
    except duckdb.Error as error:
        db.close()
        raise UnusableViews(f"The views could not be read: {str(error).splitlines()[0]}") from error
    except BaseException:
        db.close()
        raise


def parquet(paths: Iterable[Path]) -> str:
    """`read_parquet([...])` of some files, columns matched by name."""
    names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{names}], union_by_name=true)"


class _Run:
    """The steps of one rating, in order."""

    def __init__(self, db: duckdb.DuckDBPyConnection, card: Card, start: date, end: date) -> None:
        self.db, self.card, self.start, self.end = db, card, start, end
        self.values: dict[str, object] = {
            **card.seconds,
            "start": start.isoformat(),
            "end": end.isoformat(),
            "start_ms": int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp() * 1000),
            "rank_day": DAY_MS << 15,
            "daily_limit_number": int(card.max_views_per_viewer_day),
            "day": "0" if (end - start).days == 1 else f"(since_start // {DAY_MS})",
            "region": self._region(),
            "unknown_clip": rules.number_of(rules.UNKNOWN_CLIP),
            "repeat": rules.number_of(rules.REPEAT),
            "over_daily_limit": rules.number_of(rules.OVER_DAILY_LIMIT),
        }

    def step(self, name: str, **values: object) -> None:
        self.db.execute(Template(rules.steps()[name].sql).substitute(self.values | values))

    def one(self, sql: str) -> int:
        row = self.db.execute(sql).fetchone()
        return int(row[0]) if row and row[0] is not None else 0

    def _region(self) -> str:
        """The number of the viewer's region as one SQL expression."""
        codes = self.card.regions[1:]
        if not codes:
            return "0"
        listed = ", ".join("'" + code.replace("'", "''") + "'" for code in codes)
        return f"coalesce(list_position([{listed}], country), 0)::BIGINT"

    def prepare(self, events: Sequence[Path], clips: Path) -> None:
        """Steps 1 and 2: the clips and the views as tables, whatever types the source's ids have."""
        source = parquet(events)
        known = {name: kind for name, kind, *_ in self.db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        for name in REQUIRED:
            if name not in known:
                raise UnusableViews(f"The views have no column “{name}”.")
        viewer_type = "VARCHAR" if known["viewer_id"] == "VARCHAR" else "BIGINT"
        alone = rules.of_the_clip(clip_ms_of_view="clip_ms" in known)
        self.values |= {
            "first_failed_of_clip": rules.first_failed(self.card, first=1, last=alone),
            "first_failed_of_view": rules.first_failed(self.card, first=alone + 1, last=99),
            "clip_ms": "coalesce(v.view_clip_ms, c.clip_ms)" if "clip_ms" in known else "c.clip_ms",
        }
        self.step("clips", clips=parquet([clips]), owner=f"try_cast(owner_viewer_id AS {viewer_type})")
        clip_type = self.db.execute("SELECT typeof(clip_id) FROM clips LIMIT 1").fetchone()
        as_text = clip_type is not None and (clip_type[0] == "VARCHAR") != (known["clip_id"] == "VARCHAR")
        if as_text:
            self.db.execute("ALTER TABLE clips ALTER clip_id TYPE VARCHAR")
        self.clip_type = "VARCHAR" if as_text or known["clip_id"] == "VARCHAR" else "BIGINT"
        clip_bits = self.one("SELECT count(*) FROM clips").bit_length()
        self.values |= {
            "clip_bits": clip_bits,
            "pair_shift": clip_bits + 5,
            "clip_mask": (1 << clip_bits) - 1,
            "clip_day_mask": (1 << clip_bits + 5) - 1,
        }
        columns = {name: f'"{name}"' if name in known else instead for name, instead in OPTIONAL.items()}
        self.viewers_numbered = self._number_viewers(source, viewer_type, clip_bits)
        if self.viewers_numbered:
            source = f"{source} JOIN viewers USING (viewer_id)"
        self.step(
            "views",
            events=source,
            viewer="viewer" if self.viewers_numbered else "viewer_id::BIGINT",
            clip_id="clip_id::VARCHAR" if as_text else "clip_id",
            view_clip_ms=columns["clip_ms"],
            promoted=self._promoted(columns, known),
            disliked=columns["disliked"],
            country=columns["country"],
        )

    def _number_viewers(self, source: str, kind: str, clip_bits: int) -> bool:
        """Whether the viewers needed numbers of their own: their ids are text, or too big to be packed."""
        if kind == "BIGINT":
            low, high = self.db.execute(f"SELECT min(viewer_id), max(viewer_id) FROM {source}").fetchone() or (0, 0)
            if low is None or (low >= 0 and high.bit_length() + clip_bits + SIGN_AND_DAY_BITS <= 64):
                return False
        self.db.execute(
            f"""CREATE TEMP TABLE viewers AS SELECT viewer_id, row_number() OVER ()::BIGINT AS viewer
                FROM (SELECT DISTINCT viewer_id FROM {source})"""
        )
        return True

    def _promoted(self, columns: dict[str, str], known: dict[str, str]) -> str:
        if "source" not in known or not self.card.paid_sources:
            return f"coalesce({columns['promoted']}, false)"
        listed = ", ".join("'" + source.replace("'", "''") + "'" for source in self.card.paid_sources)
        return f"(coalesce({columns['promoted']}, false) OR coalesce(source IN ({listed}), false))"

    def judge(self) -> None:
        """Steps 3 and 4, the one pass over all views; a second one only where clips are unknown."""
        self.views = self.one("SELECT count(*) FROM views")
        self.step("judge")
        if self.one("SELECT sum(views) FROM judged") != self.views:
            self.step("unknown")

    def count(self, seen: Sequence[Path]) -> None:
        """Steps 5 to 9: what needs the other views, and the counts."""
        have_seen = self._read_seen(seen)
        if (self.end - self.start).days > 1:
            values = {"kind": "TABLE", "first": "min(rank)", "group": "GROUP BY pair"}
            # Whoever stays within the limit in the whole month does so on each of its days.
            could = """WHERE viewer IN (SELECT pair >> $clip_bits FROM firsts GROUP BY ALL
                       HAVING count(*) > $daily_limit_number)"""
            limit = {"who_could": Template(could).substitute(self.values), "per_day": f", rank // {DAY_MS << 15}"}
        else:
            values = {"kind": "VIEW", "first": "rank", "group": ""}
            limit = {"who_could": "", "per_day": ""}
        self.step("one_a_month", unseen="AND key >> 5 NOT IN (SELECT pair FROM seen)" if have_seen else "", **values)
        self.step("daily_limit", **limit)
        self._day_by_day(bool(seen))
        self.step("qualified")
        self.step("reasons")

    def _read_seen(self, seen: Sequence[Path]) -> bool:
        if not seen:
            return False
        viewer = "viewer" if self.viewers_numbered else "s.viewer_id"
        self.db.execute(
            f"""CREATE TEMP TABLE seen AS SELECT ({viewer} << {self.values["clip_bits"]}) | clip_no AS pair
                FROM {parquet(seen)} s JOIN clips c ON c.clip_id = s.clip_id::{self.clip_type}
                {"JOIN viewers v ON v.viewer_id = s.viewer_id" if self.viewers_numbered else ""}"""
        )
        return True

    def _day_by_day(self, seen: bool) -> None:
        """Only the viewers who reach the limit on some day; for all others `firsts` is what counts."""
        shift, bits = self.values["pair_shift"], self.values["clip_bits"]
        self.db.execute(
            f"""CREATE TEMP TABLE eager_judged AS SELECT * FROM judged
                WHERE key >= 0 AND key >> {shift} IN (SELECT viewer FROM eager)
                {"AND key >> 5 NOT IN (SELECT pair FROM seen)" if seen else ""}"""
        )
        self.db.execute("CREATE TEMP TABLE eager_counted (pair BIGINT, rank BIGINT)")
        for (day,) in self.db.execute("SELECT DISTINCT key & 31 AS day FROM eager_judged ORDER BY day").fetchall():
            self.step("day_by_day", day=day)
        self.db.execute(
            f"""CREATE TEMP VIEW counted AS SELECT pair, rank FROM firsts
                WHERE pair >> {bits} NOT IN (SELECT viewer FROM eager)
                UNION ALL SELECT pair, rank FROM eager_counted"""
        )

    def write_pairs(self, path: Path) -> None:
        """Viewer and clip of every qualified view, for the later days of the month."""
        viewer = "viewer_id" if self.viewers_numbered else f"(pair >> {self.values['clip_bits']}) AS viewer_id"
        self.db.execute(
            f"""COPY (SELECT {viewer}, clip_id FROM counted JOIN clips ON clip_no = pair & {self.values["clip_mask"]}
                {f"JOIN viewers ON viewer = pair >> {self.values['clip_bits']}" if self.viewers_numbered else ""})
                TO '{str(path).replace("'", "''")}' (FORMAT parquet, COMPRESSION zstd)"""
        )

    def finish(self) -> Rating:
        """Prove that nothing was lost before anybody reads the outcome."""
        rating = Rating(self.db, self.card, self.start, self.views)
        added = rating.qualified + sum(rating.reasons.values())
        if added != self.views:
            raise RatingDoesNotAddUp(f"{self.views} views came in, {added} are explained.")
        return rating
