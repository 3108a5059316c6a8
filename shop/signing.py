"""Signatures of order reports. A brand's secret is derived from this portal's own and never stored.

Header `Portal-Signature: key=<key id>,t=<unix seconds>,v1=<hex>`, where v1 is HMAC-SHA256 over `<t>.<raw body>`.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.kit.refusal import Refusal
from shop.models import SigningKey

HEADER = "Portal-Signature"
TOLERANCE = timedelta(minutes=5)


class NotSigned(Refusal):
    sentence = _("The report is not signed. Send the header Portal-Signature: key=…,t=…,v1=….")
    status = 401


class SignatureTooOld(Refusal):
    sentence = _("The signature is more than five minutes off. Sign each attempt anew, with a clock that is right.")
    status = 401


class SignatureWrong(Refusal):
    sentence = _("The signature does not match: another key, or the body was changed after it was signed.")
    status = 401


def secret_of(key: SigningKey, master: str | None = None) -> str:
    """The secret to show once, when the key is made."""
    text = f"shop.signing:{key.brand_id}:{key.key_id}"
    digest = hmac.new((master or settings.SECRET_KEY).encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"ordersec_{digest}"


def sign(body: bytes, *, key_id: str, secret: str, at: datetime) -> str:
    """The header's value for `body`; what a brand's shop computes on its side."""
    moment = str(int(at.timestamp()))
    return f"key={key_id},t={moment},v1={_mac(secret, moment, body)}"


def verify(body: bytes, header: str, *, now: datetime) -> SigningKey:
    """The key `body` was signed with. Raises NotSigned, SignatureTooOld or SignatureWrong; says nothing of whose."""
    parts = dict(piece.strip().split("=", 1) for piece in header.split(",") if "=" in piece)
    key_id, moment, given = parts.get("key", ""), parts.get("t", ""), parts.get("v1", "")
    if not (key_id and moment and given):
        raise NotSigned
    if not (moment.isascii() and moment.isdigit() and len(moment) < 12):
        raise SignatureTooOld
    if abs(now.timestamp() - int(moment)) > TOLERANCE.total_seconds():
        raise SignatureTooOld
    key = SigningKey.objects.live(now).select_related("brand").filter(key_id=key_id).first()
    masters = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if key is None or not given.isascii():
        raise SignatureWrong
    if not any(hmac.compare_digest(given, _mac(secret_of(key, master), moment, body)) for master in masters):
        raise SignatureWrong
    return key


def _mac(secret: str, moment: str, body: bytes) -> str:
    return hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
