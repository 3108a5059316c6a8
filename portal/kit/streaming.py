"""Files under ASGI: read part by part in a thread, so that a large one fills no memory and holds nobody up."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

CHUNK = 64 * 1024


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


async def async_parts(file: Readable, length: int | None = None) -> AsyncIterator[bytes]:
    """The next `length` bytes of a file, or all that are left."""
    left = length
    while (left is None or left > 0) and (part := await asyncio.to_thread(file.read, min(CHUNK, left or CHUNK))):
        left = None if left is None else left - len(part)
        yield part


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise, whose answers Django would read whole before the first byte goes out."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> StreamingHttpResponse:
        response: StreamingHttpResponse = WhiteNoiseMiddleware.serve(static_file, request)
        file = getattr(response, "file_to_stream", None)
        if isinstance(request, ASGIRequest) and file is not None:
            response.streaming_content = async_parts(file)
        return response
