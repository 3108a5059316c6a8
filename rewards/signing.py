"""Signatures of view batches. A source's secret is derived from this portal's own and never stored.

Header `Portal-Signature: key=<source>,t=<unix seconds>,v1=<hex>`, where v1 is HMAC-SHA256 over `<t>.<raw body>`.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.kit.refusal import Refusal
from rewards.models import ViewSource

HEADER = "Portal-Signature"
TOLERANCE = timedelta(minutes=5)


class NotSigned(Refusal):
    sentence = _("The batch is not signed. Send the header Portal-Signature: key=…,t=…,v1=….")
    status = 401


class SignatureTooOld(Refusal):
    sentence = _("The signature is more than five minutes off. Sign each attempt anew, with a clock that is right.")
    status = 401


class SignatureWrong(Refusal):
    sentence = _("The signature does not match: another key, or the body was changed after it was signed.")
    status = 401


def secret_of(source: ViewSource, master: str | None = None) -> str:
    """The secret that the source signs with; raising the source's key number makes it useless."""
    text = f"rewards.signing:{source.slug}:{source.key_number}"
    digest = hmac.new((master or settings.SECRET_KEY).encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"viewsec_{digest}"


def sign(body: bytes, *, source: ViewSource, at: datetime) -> str:
    """The header's value for `body`; what a source computes on its side."""
    moment = str(int(at.timestamp()))
    return f"key={source.slug},t={moment},v1={_mac(secret_of(source), moment, body)}"


def verify(body: bytes, header: str, *, now: datetime) -> ViewSource:
    """The source `body` was signed by. Raises NotSigned, SignatureTooOld or SignatureWrong; says nothing of whose."""
    parts = dict(piece.strip().split("=", 1) for piece in header.split(",") if "=" in piece)
    slug, moment, given = parts.get("key", ""), parts.get("t", ""), parts.get("v1", "")
    if not (slug and moment and given):
        raise NotSigned
    if not (moment.isascii() and moment.isdigit() and len(moment) < 12):
        raise SignatureTooOld
    if abs(now.timestamp() - int(moment)) > TOLERANCE.total_seconds():
        raise SignatureTooOld
    source = ViewSource.objects.filter(slug=slug, is_open=True).first()
    masters = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if source is None or not given.isascii():
        raise SignatureWrong
    if not any(hmac.compare_digest(given, _mac(secret_of(source, master), moment, body)) for master in masters):
        raise SignatureWrong
    return source


def _mac(secret: str, moment: str, body: bytes) -> str:
    return hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
