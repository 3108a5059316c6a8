"""Who clicks: a random id in a signed cookie, and whether it is a machine. No name, no address is kept."""

import hashlib
import hmac
import re
import secrets
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

COOKIE = "visitor"
COOKIE_SECONDS = 90 * 24 * 3600
# Added to the address of the brand's shop, which sends it back with the order.
CLICK_PARAMETER = "portal_click"

_MACHINE = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|embedly|headless|lighthouse|monitor"
    r"|curl/|wget/|python-|httpx|aiohttp|okhttp|go-http|java/|scrapy|libwww",
    re.IGNORECASE,
)


def new_visitor() -> str:
    return secrets.token_hex(8)


def new_token() -> str:
    """Names one click; 80 bits, so nobody guesses another's."""
    return secrets.token_hex(10)


def seal(visitor: str) -> str:
    """The cookie's value: the id and the proof that we gave it."""
    return f"{visitor}.{_proof(visitor, settings.SECRET_KEY)}"


def unseal(cookie: str) -> str | None:
    """The id in a cookie of ours; None for one that was made up."""
    visitor, _dot, proof = cookie.partition(".")
    if not proof or not visitor.isascii() or not proof.isascii() or len(visitor) > 24:
        return None
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return visitor if any(hmac.compare_digest(proof, _proof(visitor, key)) for key in keys) else None


@lru_cache(maxsize=2_048)
def is_machine(agent: str) -> bool:
    """Whether a user agent calls itself a program. An empty one is no browser either."""
    return not agent or bool(_MACHINE.search(agent))


@lru_cache(maxsize=2_048)
def referrer_host(address: str) -> str:
    """The host a click came from, '' where it is not told. Paths are nobody's business."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    return host[:120] if host.isprintable() else ""


def with_click(destination: str, token: str) -> str:
    """The destination with the click's token, before a fragment and after what the address already asks."""
    address, mark, fragment = destination.partition("#")
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{CLICK_PARAMETER}={token}{mark}{fragment}"


def _proof(visitor: str, key: str) -> str:
    return hmac.digest(_key(key), visitor.encode(), "sha256").hex()[:24]


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return hashlib.sha256(f"shop.visitors:{secret}".encode()).digest()
