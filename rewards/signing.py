"""Signatures of view batches: a source signs with the secret of its current key number."""

from datetime import datetime

from portal.kit import signing
from portal.kit.signing import HEADER, NotSigned, SignatureTooOld, SignatureWrong
from rewards.models import ViewSource

__all__ = ["HEADER", "NotSigned", "SignatureTooOld", "SignatureWrong", "secret_of", "sign", "verify"]


def secret_of(source: ViewSource, master: str | None = None) -> str:
    """The secret that the source signs with; raising the source's key number makes it useless."""
    return signing.derived_secret("viewsec", f"rewards.signing:{source.slug}:{source.key_number}", master)


def sign(body: bytes, *, source: ViewSource, at: datetime) -> str:
    """The header's value for `body`; what a source computes on its side."""
    return signing.sign(body, key=source.slug, secret=secret_of(source), at=at)


def verify(body: bytes, header: str, *, now: datetime) -> ViewSource:
    """The source `body` was signed by. Raises NotSigned, SignatureTooOld or SignatureWrong; says nothing of whose."""
    open_sources = ViewSource.objects.filter(is_open=True)
    return signing.verify(
        body, header, now=now, find=lambda slug: open_sources.filter(slug=slug).first(), secret_of=secret_of
    )
