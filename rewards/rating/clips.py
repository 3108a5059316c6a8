"""The clips of a rating, from whoever knows them, as the Parquet file that the engine reads."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from rewards.rating.engine import connect

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
COLUMNS = {
    "clip_id": "VARCHAR",
    "duration_ms": "BIGINT",
    "original": "BOOLEAN",
    "owner_viewer_id": "VARCHAR",
    "published_at": "TIMESTAMP",
    "joined_at": "TIMESTAMP",
    "left_at": "TIMESTAMP",
}


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """One clip. `joined_at` None: its creator takes no part; `published_at` None: not asked for."""

    clip_id: str
    duration_ms: int | None = None
    original: bool = True
    owner_viewer_id: str | None = None
    published_at: datetime | None = None
    joined_at: datetime | None = LONG_AGO
    left_at: datetime | None = None

    def as_json(self) -> str:
        """One line; times in UTC without a zone, to the microsecond."""
        values = asdict(self)
        for name in ("published_at", "joined_at", "left_at"):
            if values[name] is not None:
                values[name] = values[name].astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
        return json.dumps(values, sort_keys=True)


def write_clips(clips: Iterable[ClipFacts], out: Path) -> None:
    """Write the clips; ids that are whole numbers throughout become numbers, as those of the views do."""
    told = out.with_suffix(".ndjson")
    told.write_text("".join(clip.as_json() + "\n" for clip in clips), encoding="utf-8")
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
    with connect() as db:
        db.execute(
            f"CREATE TEMP TABLE clips AS SELECT * FROM "
            f"read_json('{told}', format='newline_delimited', columns={{{columns}}})"
        )
        _write(db, out)
    told.unlink()


def clips_of(views: Path, out: Path) -> None:
    """Every clip that the views name, as if its creator had always taken part: to rate a file on its own."""
    with connect() as db:
        empty = ", ".join(f"NULL::{kind} AS {name}" for name, kind in COLUMNS.items() if name != "clip_id")
        db.execute(
            f"""CREATE TEMP TABLE clips AS
                SELECT clip_id::VARCHAR AS clip_id, {empty} FROM (SELECT DISTINCT clip_id FROM '{views}')"""
        )
        db.execute(f"UPDATE clips SET original = true, joined_at = TIMESTAMP '{LONG_AGO:%Y-%m-%d}'")
        _write(db, out)


def _write(db: duckdb.DuckDBPyConnection, out: Path) -> None:
    row = db.execute("SELECT bool_and(regexp_full_match(clip_id, '0|[1-9][0-9]{0,17}')) FROM clips").fetchone()
    kind = "BIGINT" if row and row[0] else "VARCHAR"
    db.execute(f"COPY (SELECT * REPLACE (clip_id::{kind} AS clip_id) FROM clips) TO '{out}' (FORMAT parquet)")
