from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.test import override_settings

from portal.accounts.models import Creator
from rewards import defaults
from rewards.actions import accept_batch, import_clips
from rewards.models import Clip, RateCard, ViewBatch, ViewSource
from rewards.rating import batch
from rewards.rating.clips import ClipFacts

JUNE_3 = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)
MAY = date(2026, 5, 1)
PUBLISHED = datetime(2026, 4, 30, tzinfo=UTC)
COLUMNS = "user_id\tvideo_id\ttime_ms\tplay_time_ms\tduration_ms\tlabel"


@pytest.fixture(autouse=True)
def own_files(tmp_path: Path) -> object:
    """Every test has a data folder of its own."""
    with override_settings(DATA_DIR=tmp_path / "data"):
        yield


@pytest.fixture
def source(db: None) -> ViewSource:
    defaults.install(RateCard, ViewSource)
    return ViewSource.objects.get(slug="kuairand")


@pytest.fixture
def card(source: ViewSource) -> RateCard:
    """The card of May: $1.00 per 1,000 views from everywhere, paid from the first view on, no factors."""
    return RateCard.objects.create(
        version=3,
        valid_from=MAY,
        published_at=PUBLISHED,
        rpm_minor={"*": 100},
        views_before_paying=0,
        finish_factors_bp=[[0, 10_000]],
        paid_sources=["ad"],
    )


def row(viewer: int, clip: int | str, day: int, *, watched: int = 9_000, length: int = 90_000, liked: int = 1) -> str:
    at = datetime(2026, 5, day, 12, 0, tzinfo=UTC)
    return f"{viewer}\t{clip}\t{int(at.timestamp() * 1000)}\t{watched}\t{length}\t{liked}"


Take = Callable[..., ViewBatch]


@pytest.fixture
def take(source: ViewSource, tmp_path: Path) -> Take:
    """Take in rows of views, as a file of KuaiRand's shape."""

    def take(rows: Sequence[str], now: datetime = JUNE_3) -> ViewBatch:
        raw = tmp_path / f"raw-{abs(hash(tuple(rows)))}.tsv"
        raw.write_text("\n".join([COLUMNS, *rows]) + "\n")
        return accept_batch(source=source, raw=raw, read=batch.kuairand, origin="test", now=now).batch

    return take


@pytest.fixture
def make_clip(source: ViewSource) -> Callable[..., Clip]:
    def make(creator: Creator, external_id: str = "1", title: str = "Sourdough in a minute", **facts: object) -> Clip:
        values: dict[str, object] = {"duration_ms": 90_000, "published_at": PUBLISHED} | facts
        told = ClipFacts(clip_id=external_id, **values)  # type: ignore[arg-type]
        return import_clips(creator=creator, source=source, clips=[told], titles={external_id: title})[0]

    return make
