"""One stylesheet out of static/css, put together when the process starts: no build, one request, cached for ever."""

import gzip
import hashlib
from functools import cache

import brotli  # type: ignore[import-untyped]
from django.conf import settings
from django.urls import reverse

# tokens.css declares the layers, so it comes first; within a layer the order of the names decides.
FIRST = ("tokens.css", "base.css", "layout.css")
FOLDER = settings.BASE_DIR / "static" / "css"


class Stylesheet:
    """The text in three encodings, and the hash that names it."""

    def __init__(self) -> None:
        rest = sorted(path.name for path in FOLDER.glob("*.css") if path.name not in FIRST)
        text = "\n".join((FOLDER / name).read_text() for name in [*FIRST, *rest]).encode()
        self.digest = hashlib.sha256(text).hexdigest()[:12]
        self.url = reverse("stylesheet", args=[self.digest])
        self.encodings = {"br": brotli.compress(text), "gzip": gzip.compress(text, 9, mtime=0), "": text}

    def encoded(self, accepted: str) -> tuple[str, bytes]:
        """The best encoding that the browser accepts: (name, bytes)."""
        name = next((name for name in ("br", "gzip") if name in accepted), "")
        return name, self.encodings[name]


@cache
def _kept() -> Stylesheet:
    return Stylesheet()


def stylesheet() -> Stylesheet:
    return Stylesheet() if settings.DEBUG else _kept()
