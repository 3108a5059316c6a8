"""POST /api/v1/views: signed batches, the same answer when they come again, a problem in every other case."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.http import HttpResponse
from django.test import Client
from time_machine import travel

from rewards.models import ViewBatch, ViewSource
from rewards.signing import HEADER, sign
from rewards.tests.conftest import JUNE_3

ADDRESS = "/api/v1/views"
NDJSON = "application/x-ndjson"
VIEW: dict[str, Any] = {"viewer_id": "a1", "clip_id": "77", "at": "2026-06-02T12:00:00+02:00", "watched_ms": 6_000}

pytestmark = pytest.mark.usefixtures("frozen")


@pytest.fixture
def frozen() -> Any:
    with travel(JUNE_3, tick=False):
        yield


@pytest.fixture
def platform(db: None) -> ViewSource:
    return ViewSource.objects.create(slug="platform", label="The platform", is_open=True)


def lines(*views: dict[str, Any]) -> bytes:
    return "".join(json.dumps(view) + "\n" for view in views).encode()


def send(
    client: Client,
    body: bytes,
    platform: ViewSource,
    *,
    kind: str = NDJSON,
    at: datetime = JUNE_3,
    signature: str | None = None,
) -> HttpResponse:
    header = sign(body, source=platform, at=at) if signature is None else signature
    return client.post(ADDRESS, body, content_type=kind, headers={HEADER: header})  # type: ignore[return-value]


def test_a_signed_batch_is_taken_in(client: Client, platform: ViewSource) -> None:
    answer = send(client, lines(VIEW, VIEW | {"viewer_id": 7, "country": "US", "disliked": True}), platform)
    assert answer.status_code == 202
    batch = ViewBatch.objects.get()
    assert answer.json() == {"batch": batch.content_hash, "views": 2, "is_new": True}  # type: ignore[attr-defined]
    assert (batch.source, batch.first_date) == (platform, datetime(2026, 6, 2, tzinfo=UTC).date())


def test_the_same_batch_again_is_the_same_batch(client: Client, platform: ViewSource) -> None:
    send(client, lines(VIEW), platform)
    answer = send(client, lines(VIEW), platform, at=JUNE_3 - timedelta(minutes=1))
    assert answer.json()["is_new"] is False  # type: ignore[attr-defined]
    assert ViewBatch.objects.count() == 1


def test_parquet_is_taken_too(client: Client, platform: ViewSource, tmp_path: Path) -> None:
    path = tmp_path / "views.parquet"
    duckdb.sql(
        f"""COPY (SELECT 5 AS viewer_id, 77 AS clip_id, TIMESTAMPTZ '2026-06-02 12:00:00+02' AS "at", 6000 AS watched_ms)
            TO '{path}' (FORMAT parquet)"""
    )
    answer = send(client, path.read_bytes(), platform, kind="application/vnd.apache.parquet")
    assert answer.status_code == 202


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "nonsense",
        "key=platform,t=1,v1=00",
        "key=platform,t=x,v1=00",
        "key=other,t={now},v1=00",
        "key=platform,t={now},v1=ü",
    ],
)
def test_without_a_right_signature_nothing_comes_in(client: Client, platform: ViewSource, signature: str) -> None:
    answer = send(client, lines(VIEW), platform, signature=signature.format(now=int(JUNE_3.timestamp())))
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert not ViewBatch.objects.exists()


def test_an_old_signature_a_changed_body_a_closed_source_and_an_old_key_are_refused(
    client: Client, platform: ViewSource
) -> None:
    assert send(client, lines(VIEW), platform, at=JUNE_3 - timedelta(minutes=6)).status_code == 401
    right = sign(lines(VIEW), source=platform, at=JUNE_3)
    assert send(client, lines(VIEW, VIEW), platform, signature=right).status_code == 401
    ViewSource.objects.update(key_number=2)
    assert send(client, lines(VIEW), platform, signature=right).status_code == 401
    ViewSource.objects.update(key_number=1, is_open=False)
    assert send(client, lines(VIEW), platform, signature=right).status_code == 401


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (b"\n", "The file holds no views."),
        (b"{\n", "The batch is not one JSON object a line."),
        (b"[1]\n", "The batch is not one JSON object a line."),
        (lines({}), "Line 1: “viewer_id” is missing."),
        (lines(VIEW, VIEW | {"at": "yesterday"}), "Line 2: the time of the view is missing or is no time."),
        (lines(VIEW | {"at": "2027-01-01T00:00:00Z"}), "The file holds views of 2027-01-01, which is still to come."),
        (lines(VIEW | {"watched_ms": 1.5}), "Line 1: “watched_ms” is not a whole number."),
        (lines(VIEW | {"watched_ms": 10**15}), "Line 1: “watched_ms” is not a whole number."),
        (lines(VIEW | {"watched_ms": -5}), "Line 1: the time watched is missing or cannot be."),
        (lines(VIEW | {"disliked": "perhaps"}), "Line 1: “disliked” is not true or false."),
        (lines(VIEW | {"clip_id": ["a"]}), "Line 1: “clip_id” is missing."),
        (lines(VIEW | {"country": "Germany"}), "Line 1: the country is not an ISO code such as US."),
    ],
)
def test_a_batch_is_refused_whole_with_its_line_and_may_be_sent_again(
    client: Client, platform: ViewSource, body: bytes, title: str
) -> None:
    answer = send(client, body, platform)
    assert (answer.status_code, answer.json()["title"]) == (422, title)  # type: ignore[attr-defined]
    assert not ViewBatch.objects.exists()
    assert send(client, lines(VIEW), platform).status_code == 202


def test_other_kinds_and_too_large_bodies_are_refused(client: Client, platform: ViewSource, settings: Any) -> None:
    assert send(client, lines(VIEW), platform, kind="text/csv").status_code == 415
    assert send(client, b"PAR1", platform, kind="application/vnd.apache.parquet").status_code == 422
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert send(client, lines(VIEW, VIEW), platform).status_code == 413
    assert client.get(ADDRESS).status_code == 405
