"""Raw files of views, as people and machines send them, become one clean Parquet file, or are refused in one sentence.

Nothing is guessed: a cell that cannot be read refuses the whole file and names its line. What every view must have is
`REQUIRED`, what it may have `OPTIONAL`. Ids that are whole numbers throughout stay numbers, all others are text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from rewards.rating.engine import OPTIONAL, REQUIRED, UnusableViews, connect

MAX_ROWS = 50_000_000
DAY_MS = 86_400_000
EARLIEST = date(2015, 1, 1)
KUAIRAND = ("user_id", "video_id", "time_ms", "play_time_ms", "duration_ms", "label")
TEXT_LIMIT = 64


@dataclass(frozen=True, slots=True)
class Contents:
    """What a clean file holds; dates are UTC days."""

    views: int
    first_date: date
    last_date: date


@dataclass(frozen=True, slots=True)
class Staging:
    """How a real file is set into a demo: into another month, each viewer standing for several, from some countries."""

    month: date | None = None
    audience_factor: int = 1
    countries: Sequence[str] = ()


def kuairand(raw: Path, out: Path, staging: Staging | None = None) -> Contents:
    """KuaiRand's watch events (tab separated): `time_ms` is UTC, `duration_ms` 0 is dirty, label 0 is a dislike."""
    staging = staging or Staging()
    with _reading() as db:
        _must_be_a_file(raw)
        _read_table(
            db,
            raw,
            KUAIRAND,
            f"""SELECT row_number() OVER () + 1 AS line, user_id AS viewer_id, video_id AS clip_id,
                   epoch_ms({_whole("time_ms")}) AS "at",
                   {_whole("play_time_ms")} AS watched_ms,
                   {_whole("duration_ms")} AS clip_ms,
                   CASE label WHEN '0' THEN true WHEN '1' THEN false END AS disliked""",
        )
        _refuse(db, "clip_ms IS NULL OR clip_ms < 0", "“duration_ms” is not a length in milliseconds")
        _refuse(db, "disliked IS NULL", "“label” is neither 0 nor 1")
        _check(db)
        _set_into(db, staging)
        return _write(db, out, ["viewer_id", "clip_id", "at", "watched_ms", "clip_ms", "disliked", "country"])


def ndjson(raw: Path, out: Path) -> Contents:
    """One JSON object a line with the columns of the engine; `at` in ISO 8601 with its offset."""
    types = {"watched_ms": "BIGINT", "clip_ms": "BIGINT", "promoted": "BOOLEAN", "disliked": "BOOLEAN"}
    listed = ", ".join(f"\"{name}\": 'JSON'" for name in (*REQUIRED, *OPTIONAL))
    with _reading() as db:
        _must_be_a_file(raw)
        source = (
            f"read_json({_quoted(raw)}, format='newline_delimited', columns={{{listed}}}, maximum_object_size=65536)"
        )
        told = "CASE WHEN json_type({0}) NOT IN ('OBJECT', 'ARRAY') THEN {0} ->> '$' END AS {0}"
        parts = [told.format(f'"{name}"') for name in (*REQUIRED, *OPTIONAL)]
        try:
            db.execute(
                f"CREATE TEMP TABLE told AS SELECT row_number() OVER () AS line, {', '.join(parts)} FROM {source}"
            )
        except duckdb.Error as error:
            raise UnusableViews("The batch is not one JSON object a line.") from error
        cast = [
            f"{_whole(name) if kind == 'BIGINT' else f'try_cast({name} AS {kind})'} AS {name}"
            for name, kind in types.items()
        ]
        db.execute(
            f"""CREATE TEMP TABLE typed AS SELECT line, viewer_id, clip_id, try_cast("at" AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
                AS "at", {", ".join(cast)}, source, country FROM told"""
        )
        for name, kind in types.items():
            wrong = f'"{name}" IS NULL AND line IN (SELECT line FROM told WHERE "{name}" IS NOT NULL)'
            _refuse(db, wrong, f"“{name}” is not {'true or false' if kind == 'BOOLEAN' else 'a whole number'}")
        _check(db)
        return _write(db, out, [*REQUIRED, *OPTIONAL])


def parquet(raw: Path, out: Path) -> Contents:
    """Parquet with the columns of the engine; `at` a timestamp, with a zone or in UTC."""
    with _reading() as db:
        _must_be_a_file(raw)
        source = f"read_parquet({_quoted(raw)})"
        try:
            rows = db.execute(f"SELECT sum(num_rows) FROM parquet_file_metadata({_quoted(raw)})").fetchone()
            known = {name: kind for name, kind, *_ in db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        except duckdb.Error as error:
            raise UnusableViews("The file is not Parquet.") from error
        if rows and rows[0] and rows[0] > MAX_ROWS:
            raise UnusableViews(f"The file holds {rows[0]:,} views; send at most {MAX_ROWS:,} at once.")
        for name in REQUIRED:
            if name not in known:
                raise UnusableViews(f"The views have no column “{name}”.")
        if not known["at"].startswith("TIMESTAMP"):
            raise UnusableViews("The column “at” is not a timestamp.")
        at = "\"at\" AT TIME ZONE 'UTC'" if "TIME ZONE" in known["at"] else '"at"'
        kinds = {
            "clip_ms": "BIGINT",
            "promoted": "BOOLEAN",
            "disliked": "BOOLEAN",
            "source": "VARCHAR",
            "country": "VARCHAR",
        }
        rest = [f'"{name}"::{kinds[name]} AS "{name}"' for name in OPTIONAL if name in known]
        columns = [*REQUIRED, *(name for name in OPTIONAL if name in known)]
        try:
            db.execute(
                f"""CREATE TEMP TABLE typed AS SELECT row_number() OVER () AS line, viewer_id::VARCHAR AS viewer_id,
                    clip_id::VARCHAR AS clip_id, ({at})::TIMESTAMP AS "at", watched_ms::BIGINT AS watched_ms
                    {"".join(", " + part for part in rest)} FROM {source}"""
            )
        except duckdb.Error as error:
            raise UnusableViews("A column of the file has the wrong type.") from error
        _check(db)
        return _write(db, out, columns)


def _reading() -> duckdb.DuckDBPyConnection:
    """Reads in the order of the file, so that a refusal can name the line."""
    db = connect(memory="2GB", threads=2)
    db.execute("SET preserve_insertion_order = true; SET TimeZone = 'UTC'")
    return db


def _quoted(text: Path | str) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _whole(name: str) -> str:
    """A whole number from a text, NULL from anything else: a plain cast would round."""
    return f"CASE WHEN regexp_full_match({name}, '-?[0-9]{{1,15}}') THEN {name}::BIGINT END"


def _must_be_a_file(raw: Path) -> None:
    if not raw.is_file():
        raise UnusableViews(f"There is no file {raw}.")
    if not raw.stat().st_size:
        raise UnusableViews("The file is empty.")


def _read_table(db: duckdb.DuckDBPyConnection, raw: Path, needed: Sequence[str], select: str) -> None:
    """The table `typed` from a file separated by tabs, whose head names the columns."""
    with raw.open("rb") as file:
        first = file.readline(65_536)
    try:
        columns = first.decode().rstrip("\r\n").split("\t")
    except UnicodeDecodeError:
        raise UnusableViews("The file is not a text in UTF-8.") from None
    missing = [name for name in needed if name not in columns]
    if missing:
        raise UnusableViews(f"The first line does not name the column “{missing[0]}” (columns are separated by tabs).")
    if len(set(columns)) < len(columns):
        raise UnusableViews("The first line names a column twice.")
    kinds = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in columns)
    table = f"read_csv({_quoted(raw)}, delim='\t', header=true, auto_detect=false, quote='', escape='', columns={{{kinds}}})"
    try:
        db.execute(f"CREATE TEMP TABLE typed AS {select} FROM {table}")
    except duckdb.Error as error:
        line = re.search(r"Line: (\d+)", str(error))
        where = f"Line {line[1]}" if line else "A line"
        raise UnusableViews(f"{where} of the file cannot be read as a row of {len(columns)} columns.") from error


def _refuse(db: duckdb.DuckDBPyConnection, wrong: str, what: str) -> None:
    row = db.execute(f"SELECT min(line) FROM typed WHERE {wrong}").fetchone()
    if row and row[0] is not None:
        raise UnusableViews(f"Line {row[0]}: {what}.")


def _check(db: duckdb.DuckDBPyConnection) -> None:
    """The rules that views of every kind of file must meet."""
    if not db.execute("SELECT 1 FROM typed LIMIT 1").fetchone():
        raise UnusableViews("The file holds no views.")
    for name in ("viewer_id", "clip_id"):
        _refuse(db, f"coalesce({name}, '') = ''", f"“{name}” is missing")
        _refuse(db, f"length({name}) > {TEXT_LIMIT}", f"“{name}” is longer than {TEXT_LIMIT} letters")
    _refuse(db, '"at" IS NULL', "the time of the view is missing or is no time")
    _refuse(
        db, f"\"at\" < TIMESTAMP '{EARLIEST}' OR \"at\" >= TIMESTAMP '2100-01-01'", "the time of the view cannot be"
    )
    _refuse(
        db, f"watched_ms IS NULL OR watched_ms NOT BETWEEN 0 AND {DAY_MS}", "the time watched is missing or cannot be"
    )
    names = [name for name, *_ in db.execute("DESCRIBE typed").fetchall()]
    if "clip_ms" in names:
        _refuse(db, "clip_ms < 0 OR clip_ms > 604800000", "the length of the clip cannot be")
    if "country" in names:
        _refuse(db, "NOT regexp_full_match(country, '[A-Z]{2}')", "the country is not an ISO code such as US")
    if "source" in names:
        _refuse(db, f"length(source) > {TEXT_LIMIT}", f"the source is longer than {TEXT_LIMIT} letters")


def _set_into(db: duckdb.DuckDBPyConnection, staging: Staging) -> None:
    """Shift to another month, multiply the viewers, give them countries: for the demo only."""
    at, country, factor = '"at"', "NULL::VARCHAR", int(staging.audience_factor)
    if staging.month:
        row = db.execute("SELECT date_trunc('month', min(\"at\"))::DATE FROM typed").fetchone()
        days = (staging.month.replace(day=1) - row[0]).days if row else 0
        at = f'"at" + INTERVAL {days} DAY'
    if factor > 1:
        _refuse(db, "try_cast(viewer_id AS BIGINT) IS NULL", "the viewer's id is not a number")
    viewer = f"(viewer_id::BIGINT * {factor} + copy)::VARCHAR" if factor > 1 else "viewer_id"
    if staging.countries:
        listed = ", ".join(_quoted(code) for code in staging.countries)
        country = f"[{listed}][1 + (hash({viewer}) % {len(staging.countries)})::BIGINT]"
    db.execute(
        f"""CREATE OR REPLACE TEMP TABLE typed AS
            SELECT typed.* REPLACE ({viewer} AS viewer_id, {at} AS "at"), {country} AS country
            FROM typed CROSS JOIN range({factor}) AS copies(copy)"""
    )


def _write(db: duckdb.DuckDBPyConnection, out: Path, columns: Sequence[str]) -> Contents:
    """The clean file in the order of time, and what it holds."""
    chosen = []
    for name in columns:
        whole = f"regexp_full_match({name}, '0|[1-9][0-9]{{0,17}}')"
        if name in ("viewer_id", "clip_id"):
            row = db.execute(f"SELECT bool_and({whole}) FROM typed").fetchone()
            chosen.append(f"{name}::BIGINT AS {name}" if row and row[0] else name)
        else:
            chosen.append(f'"{name}"')
    out.parent.mkdir(parents=True, exist_ok=True)
    db.execute(
        f"""COPY (SELECT {", ".join(chosen)} FROM typed ORDER BY "at", viewer_id, clip_id)
            TO {_quoted(out)} (FORMAT parquet, COMPRESSION zstd)"""
    )
    row = db.execute('SELECT count(*), min("at")::DATE, max("at")::DATE FROM typed').fetchone()
    assert row is not None
    return Contents(*row)
