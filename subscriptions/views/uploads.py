"""Uploads with an end: what is beyond the limit is never kept, in memory or on disk."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from portal.kit.page import page

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


# The form's other fields, and the borders between them.
AROUND = 1_000_000


def limited_upload(view: View) -> View:
    """For what is streamed to disk: a body larger than the largest file of a post is refused before it is read.

    Django would read the whole body to find the form's token, so the token is checked here, afterwards.
    """
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        most = max(settings.MEDIA_MOST_MB.values())
        if int(request.META.get("CONTENT_LENGTH") or 0) > most * 1_000_000 + AROUND:
            return page(request, "subscriptions/upload_too_large.html", {"most": most}, status=413)
        return protected(request, *args, **kwargs)

    return limited  # type: ignore[return-value]
