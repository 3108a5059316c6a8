"""Uploads with an end: what is beyond the limit is never kept, in memory or on disk."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

View = TypeVar("View", bound=Callable[..., Any])


class CappedUploadHandler(FileUploadHandler):
    """Keeps one byte more than allowed, so that whoever reads the file knows that there was more."""

    def __init__(self, request: HttpRequest, most_bytes: int) -> None:
        super().__init__(request)
        self.most_bytes = most_bytes
        self.kept = bytearray()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.kept = bytearray()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        room = self.most_bytes + 1 - len(self.kept)
        if room > 0:
            self.kept += raw_data[:room]
        return None

    def file_complete(self, file_size: int) -> UploadedFile:
        return SimpleUploadedFile(self.file_name or "file", bytes(self.kept), self.content_type or "")


def capped_uploads(most_bytes: int) -> Callable[[View], View]:
    """Above the access decorator's view: files of a form are cut at `most_bytes` + 1 while they come in.

    How uploads are handled is settled before anybody reads the form, also before the check of its token: so that check
    is done here, afterwards.
    """

    def decorate(view: View) -> View:
        protected = csrf_protect(view)

        @wraps(view)
        def capped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.upload_handlers = [CappedUploadHandler(request, most_bytes)]
            return protected(request, *args, **kwargs)

        return csrf_exempt(capped)  # type: ignore[return-value]

    return decorate
