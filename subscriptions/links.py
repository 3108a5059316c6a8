"""Signed addresses of videos and downloads: for one viewer, for six hours.

The signature does not open anything: who may have the file is asked of the grants each time. It makes an address that
was copied, logged or left in a history worthless to everybody else, and soon to its viewer too.
"""

from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.utils.http import urlencode

from subscriptions.models import Media
from subscriptions.queries.access import Viewer

LASTS = timedelta(hours=6)
SIGNER = Signer(salt="subscriptions.media")


def signed_address(*, media: Media, viewer: Viewer, now: datetime) -> str:
    """The path with its signature. `until` is rounded up to the hour, so that a page that is loaded again finds what
    the player has begun to load."""
    until = int((now + LASTS).timestamp()) // 3600 * 3600 + 3600
    query: dict[str, str | int] = {"until": until, "key": _key(media, viewer, until)}
    return f"{media.address}?{urlencode(query)}"


def holds(*, media: Media, viewer: Viewer, until: str, key: str, now: datetime) -> bool:
    """Is this the signature for this file and viewer, and is it still in time?"""
    if not (until.isascii() and until.isdigit() and len(until) < 12) or now.timestamp() >= int(until):
        return False
    try:
        return SIGNER.unsign(f"{_named(media, viewer, int(until))}:{key}") != ""
    except BadSignature:
        return False


def _key(media: Media, viewer: Viewer, until: int) -> str:
    return SIGNER.sign(_named(media, viewer, until)).rpartition(":")[2]


def _named(media: Media, viewer: Viewer, until: int) -> str:
    return f"{media.public_id}/{viewer.pk or 0}/{until}"
