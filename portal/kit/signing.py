"""Signatures of what machines send us. Secrets are derived from this portal's own and never stored.

Header `Portal-Signature: key=<name>,t=<unix seconds>,v1=<hex>`, where v1 is HMAC-SHA256 over `<t>.<raw body>`.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.kit.refusal import Refusal

HEADER = "Portal-Signature"
TOLERANCE = timedelta(minutes=5)
Signer = TypeVar("Signer")


class NotSigned(Refusal):
    sentence = _("This is not signed. Send the header Portal-Signature: key=…,t=…,v1=….")
    status = 401


class SignatureTooOld(Refusal):
    sentence = _("The signature is more than five minutes off. Sign each attempt anew, with a clock that is right.")
    status = 401


class SignatureWrong(Refusal):
    sentence = _("The signature does not match: another key, or the body was changed after it was signed.")
    status = 401


def derived_secret(prefix: str, text: str, master: str | None = None) -> str:
    """`<prefix>_<64 hex digits>`: the secret of whatever `text` names, under this portal's own secret (or `master`)."""
    key = (master or settings.SECRET_KEY).encode()
    return f"{prefix}_{hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}"


def sign(body: bytes, *, key: str, secret: str, at: datetime) -> str:
    """The header's value for `body`; what the other side computes."""
    moment = str(int(at.timestamp()))
    return f"key={key},t={moment},v1={_mac(secret, moment, body)}"


def verify(
    body: bytes,
    header: str,
    *,
    now: datetime,
    find: Callable[[str], Signer | None],
    secret_of: Callable[[Signer, str], str],
) -> Signer:
    """Who signed `body`: `find(key name)` looks them up, `secret_of(signer, master)` gives their secret.

    Raises NotSigned, SignatureTooOld or SignatureWrong; says nothing of whether the key exists.
    """
    parts = dict(piece.strip().split("=", 1) for piece in header.split(",") if "=" in piece)
    name, moment, given = parts.get("key", ""), parts.get("t", ""), parts.get("v1", "")
    if not (name and moment and given):
        raise NotSigned
    if not (moment.isascii() and moment.isdigit() and len(moment) < 12):
        raise SignatureTooOld
    if abs(now.timestamp() - int(moment)) > TOLERANCE.total_seconds():
        raise SignatureTooOld
    signer = find(name)
    if signer is None or not given.isascii():
        raise SignatureWrong
    masters = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(hmac.compare_digest(given, _mac(secret_of(signer, master), moment, body)) for master in masters):
        raise SignatureWrong
    return signer


def _mac(secret: str, moment: str, body: bytes) -> str:
    return hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
