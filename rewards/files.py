"""Where views lie: Parquet below the data folder, named by content, so that writing one twice changes nothing."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from rewards.models import ViewBatch, ViewSource


def root() -> Path:
    return Path(settings.DATA_DIR) / "rewards"


def batch_name(source: ViewSource, content_hash: str) -> str:
    return f"views/{source.slug}/{content_hash}.parquet"


def batch_path(batch: ViewBatch) -> Path:
    return root() / batch.file


def pairs_path(source: ViewSource, digest: str) -> Path:
    """Who was counted for which clip on the day that was rated from the input of that digest."""
    return root() / "pairs" / source.slug / f"{digest}.parquet"


@contextmanager
def workspace() -> Iterator[Path]:
    """A folder on the same disk as the data, gone afterwards."""
    (root() / "work").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root() / "work") as folder:
        yield Path(folder)


def keep(made: Path, at: Path) -> None:
    """Move a finished file to its place at once: nobody ever sees half of it."""
    at.parent.mkdir(parents=True, exist_ok=True)
    made.replace(at)


def hash_of(path: Path, *, salt: str = "") -> str:
    """SHA-256 of a file's content."""
    digest = hashlib.sha256(salt.encode())
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
