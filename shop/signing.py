"""Signatures of order reports: a brand signs with the secret of one of its keys."""

from datetime import datetime

from portal.kit import signing
from portal.kit.signing import HEADER, NotSigned, SignatureTooOld, SignatureWrong
from shop.models import SigningKey

__all__ = ["HEADER", "NotSigned", "SignatureTooOld", "SignatureWrong", "secret_of", "sign", "verify"]


def secret_of(key: SigningKey, master: str | None = None) -> str:
    """The secret to show once, when the key is made."""
    return signing.derived_secret("ordersec", f"shop.signing:{key.brand_id}:{key.key_id}", master)


def sign(body: bytes, *, key_id: str, secret: str, at: datetime) -> str:
    """The header's value for `body`; what a brand's shop computes on its side."""
    return signing.sign(body, key=key_id, secret=secret, at=at)


def verify(body: bytes, header: str, *, now: datetime) -> SigningKey:
    """The key `body` was signed with. Raises NotSigned, SignatureTooOld or SignatureWrong; says nothing of whose."""
    keys = SigningKey.objects.live(now).select_related("brand")
    return signing.verify(
        body, header, now=now, find=lambda name: keys.filter(key_id=name).first(), secret_of=secret_of
    )
