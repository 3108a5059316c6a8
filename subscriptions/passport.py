"""Badge passports: what a portal says of a member's badge, signed so that anybody can check it without the portal.

Pure, and a program of its own: `python -m subscriptions.passport FILE --keys KEYS`, where FILE is the JSON or SVG that a
member downloaded, and KEYS the public keys of the portal (a file, or the address where it publishes them). Ed25519 over
the canonical JSON of the passport (RFC 8032; keys sorted, no spaces, UTF-8), with a prefix that keeps the signature from
meaning anything else. An SVG is drawn from the passport alone: whoever checks it draws it again and compares.
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PREFIX = b"glasshouse badge passport 1\n"
MOST_BYTES = 64_000
OPEN, CLOSE = '<metadata id="passport">', "</metadata>"
FIELDS = {"creator", "handle", "member", "tier", "months", "streak", "step", "founder", "as_of", "portal"}


def _(text: str) -> str:
    """Marks a sentence for the portal's translations; this program itself speaks English."""
    return text


class NotGenuine(Exception):
    """A file that proves nothing: why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A passport that is genuine, and the key that signed it."""

    passport: Mapping[str, Any]
    key_id: str


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_key(seed: bytes) -> str:
    """The public half of a private seed of 32 bytes, in base64url."""
    return _b64(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


def key_id(public: str) -> str:
    """A name for a public key: 16 hex digits of its hash."""
    return hashlib.sha256(_raw(public)).hexdigest()[:16]


def canonical(passport: Mapping[str, Any]) -> bytes:
    return PREFIX + json.dumps(passport, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(passport: Mapping[str, Any], seed: bytes) -> dict[str, Any]:
    """The document a member downloads: the passport, which key, the signature."""
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(canonical(passport))
    return {"passport": dict(passport), "key_id": key_id(public_key(seed)), "signature": _b64(signature)}


def check(content: bytes, keys: Mapping[str, str]) -> Checked:
    """`keys`: key id → public key. Raises NotGenuine with a sentence."""
    if len(content) > MOST_BYTES:
        raise NotGenuine(_("The file is too large for a passport."))
    try:
        text = content.decode().strip()
    except UnicodeDecodeError as error:
        raise NotGenuine(_("This is not a passport: neither its JSON nor its SVG.")) from error
    is_drawing = text.startswith("<svg")
    document = _document(_inside(text) if is_drawing else text)
    passport, name = document["passport"], document["key_id"]
    if name not in keys:
        raise NotGenuine(_("It names a key that this portal does not have, or has withdrawn."))
    try:
        Ed25519PublicKey.from_public_bytes(_raw(keys[name])).verify(_raw(document["signature"]), canonical(passport))
    except (InvalidSignature, ValueError, binascii.Error) as error:
        raise NotGenuine(_("The signature does not fit: something was changed after it was signed.")) from error
    if is_drawing and text != drawn(document):
        raise NotGenuine(_("The signature is genuine, but the drawing shows something else."))
    return Checked(passport, name)


def _inside(text: str) -> str:
    before, found, rest = text.partition(OPEN)
    inside, closed, _after = rest.partition(CLOSE)
    if not (before and found and closed):
        raise NotGenuine(_("This drawing holds no passport."))
    return unescape(inside)


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotGenuine(_("This is not a passport: neither its JSON nor its SVG.")) from error
    whole = isinstance(document, dict) and set(document) == {"passport", "key_id", "signature"}
    if not whole or not isinstance(document["passport"], dict) or set(document["passport"]) != FIELDS:
        raise NotGenuine(_("This is JSON, but not a passport."))
    if not isinstance(document["key_id"], str) or not isinstance(document["signature"], str):
        raise NotGenuine(_("This is JSON, but not a passport."))
    return document


def drawn(document: Mapping[str, Any]) -> str:
    """The passport as a picture. It follows from the document to the letter, and carries it inside."""
    facts = document["passport"]
    inside = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    lines = [
        (52, 20, 700, facts["member"]),
        (80, 14, 400, f"{facts['tier']} · {facts['creator']} (@{facts['handle']})"),
        (108, 14, 400, f"{facts['months']} months in all, {facts['streak']} in a row"),
        (132, 14, 400, f"Founder number {facts['founder']}" if facts["founder"] else ""),
        (160, 11, 400, f"{facts['portal']} · {facts['as_of']} · key {document['key_id']}"),
    ]
    texts = "".join(
        f'<text x="120" y="{y}" font-size="{size}" font-weight="{weight}">{escape(str(text))}</text>'
        for y, size, weight, text in lines
        if text
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 180" width="480" height="180" role="img" '
        f'font-family="system-ui, sans-serif"><title>{escape(str(facts["member"]))}</title>'
        f"{OPEN}{escape(inside)}{CLOSE}"
        '<rect x="1" y="1" width="478" height="178" rx="14" fill="#f6faf6" stroke="#1f5c43" stroke-width="2"/>'
        '<circle cx="62" cy="90" r="38" fill="#1f5c43"/><circle cx="62" cy="90" r="32" fill="none" stroke="#dff3e6" '
        'stroke-width="2"/>'
        f'<text x="62" y="101" text-anchor="middle" font-size="30" font-weight="700" fill="#ffffff">{escape(str(facts["step"]))}'
        f'</text><g fill="#14251d">{texts}</g></svg>'
    )


def read_keys(text: str) -> dict[str, str]:
    """The published list of keys → key id to public key, without those that were withdrawn."""
    found = json.loads(text)
    return {one["id"]: one["public_key"] for one in found["keys"] if not one.get("withdrawn_at")}


def _fetch(where: str) -> str:
    if where.startswith(("https://", "http://")):
        with urllib.request.urlopen(where, timeout=20) as answer:  # the address is the caller's own
            return answer.read(MOST_BYTES).decode()
    return Path(where).read_text()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m subscriptions.passport", description="Check a badge passport.")
    parser.add_argument("file", help="the JSON or SVG that a member downloaded")
    parser.add_argument("--keys", required=True, help="the portal's public keys: a file, or their address")
    given = parser.parse_args(arguments)
    try:
        checked = check(Path(given.file).read_bytes(), read_keys(_fetch(given.keys)))
    except NotGenuine as reason:
        print(f"Not genuine. {reason}")
        return 1
    print(f"Genuine, signed with key {checked.key_id}.")
    for name, value in sorted(checked.passport.items()):
        print(f"  {name}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
