"""Hand out a stored file over HTTP: whole or one range, to whoever the view let in. No permission is decided here.

Django's own FileResponse knows no ranges and is read whole into memory under ASGI; video players need both.
Ranges after RFC 9110: several at once are refused (416), a range in a unit we do not know is ignored.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe, quote_etag

from portal.kit.streaming import CHUNK, async_parts

RANGE = re.compile(r"^bytes=\s*(\d*)\s*-\s*(\d*)\s*$")
# Whatever it is, it runs nothing and loads nothing.
POLICY = "default-src 'none'; sandbox"
MEMBERS_ONLY, FOR_EVERYBODY = "private, no-store", "private, max-age=300"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it lies in a storage. `name` is what a download is called, "" to show it in the page."""

    storage: Storage
    path: str
    size: int
    digest: str
    content_type: str
    changed_at: datetime
    name: str = ""


class NoSuchRange(Exception):
    """The range lies outside of the file, or several were asked for."""


def hand_out(request: HttpRequest, stored: Stored, *, is_public: bool) -> HttpResponseBase:
    """The answer to GET or HEAD: 200, 206, 304 or 416; a header for the web server alone where it does the sending."""
    etag = quote_etag(stored.digest)
    if settings.MEDIA_ACCEL_PREFIX:
        response: HttpResponseBase = HttpResponse(content_type=stored.content_type)
        response.headers["X-Accel-Redirect"] = settings.MEDIA_ACCEL_PREFIX + quote(stored.path)
    elif etag in [word.strip() for word in request.headers.get("If-None-Match", "").split(",")]:
        response = HttpResponse(status=304)
    else:
        response = _content(request, stored, etag)
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(stored.changed_at.timestamp())
    response.headers["Cache-Control"] = FOR_EVERYBODY if is_public else MEMBERS_ONLY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Vary"] = "Cookie"
    if stored.name:
        response.headers["Content-Disposition"] = str(content_disposition_header(True, stored.name))
    return response


def _content(request: HttpRequest, stored: Stored, etag: str) -> HttpResponseBase:
    start, stop, status = 0, stored.size, 200
    wanted = request.headers.get("Range", "")
    # RFC 9110: a range means something for GET alone.
    if wanted and request.method == "GET" and _is_still(request.headers.get("If-Range", ""), etag, stored.changed_at):
        try:
            found = range_of(wanted, stored.size)
        except NoSuchRange:
            refused = HttpResponse(status=416)
            refused.headers["Content-Range"] = f"bytes */{stored.size}"
            return refused
        if found is not None:
            (start, stop), status = found, 206
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse(content_type=stored.content_type)
    else:
        response = _stream(request, stored, start, stop - start, status)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Length"] = str(stop - start)
    if status == 206:
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{stored.size}"
    return response


def range_of(header: str, size: int) -> tuple[int, int] | None:
    """`bytes=a-b`, `bytes=a-` or `bytes=-n` as (first, one past the last). None: not for us to understand, so ignored.

    Raises NoSuchRange for one outside of the file, and for several at once.
    """
    if not header.startswith("bytes="):
        return None
    if "," in header:
        raise NoSuchRange
    found = RANGE.match(header)
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    # A number of thousands of digits is an attack, not a place in a file.
    if len(first) > 18 or len(last) > 18:
        raise NoSuchRange
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= stop:
        raise NoSuchRange
    return start, stop


def _is_still(condition: str, etag: str, changed_at: datetime) -> bool:
    """If-Range: is what the client has a part of still this file?"""
    if not condition:
        return True
    if condition.startswith(('"', "W/")):
        return condition == etag
    return parse_http_date_safe(condition) == int(changed_at.timestamp())


def _stream(request: HttpRequest, stored: Stored, start: int, length: int, status: int) -> StreamingHttpResponse:
    file = stored.storage.open(stored.path)
    file.seek(start)
    parts = async_parts(file, length) if isinstance(request, ASGIRequest) else _parts(file, length)
    response = StreamingHttpResponse(parts, status=status, content_type=stored.content_type)
    # Whoever goes away in the middle leaves no file open.
    response._resource_closers.append(file.close)  # type: ignore[attr-defined]
    return response


def _parts(file: File, length: int) -> Iterator[bytes]:
    while length > 0 and (part := file.read(min(CHUNK, length))):
        length -= len(part)
        yield part
