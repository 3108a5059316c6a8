"""The door for views: signed batches of NDJSON or Parquet."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema, Status

from portal.kit.refusal import Refusal
from rewards import files
from rewards.actions import accept_batch
from rewards.rating import batch as reading
from rewards.signing import HEADER, verify

router = Router(tags=["views"])

READERS = {"application/x-ndjson": reading.ndjson, "application/vnd.apache.parquet": reading.parquet}


class UnknownContentType(Refusal):
    sentence = _("Send application/x-ndjson or application/vnd.apache.parquet.")
    status = 415


class BatchReceipt(Schema):
    """`is_new` is false when the same content was taken in before; both answers mean that it is safely here."""

    batch: str
    views: int
    is_new: bool


@router.post("/views", response={202: BatchReceipt}, url_name="views_in", summary="Send a batch of views")
def views_in(request: HttpRequest) -> Status:
    """One batch, signed in the header Portal-Signature. The same body may be sent again at any time."""
    now = timezone.now()
    body = request.body  # larger than DATA_UPLOAD_MAX_MEMORY_SIZE: 413
    source = verify(body, request.headers.get(HEADER, ""), now=now)
    read = READERS.get(request.headers.get("Content-Type", "").partition(";")[0].strip().lower())
    if read is None:
        raise UnknownContentType
    with files.workspace() as folder:
        raw = folder / "body"
        raw.write_bytes(body)
        accepted = accept_batch(source=source, raw=raw, read=read, origin=request.META.get("REMOTE_ADDR", ""), now=now)
    return Status(202, {"batch": accepted.batch.content_hash, "views": accepted.batch.views, "is_new": accepted.is_new})
