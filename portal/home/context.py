"""What the frame of every page needs: who is asking, in which role, and where they may go."""

from datetime import datetime
from functools import lru_cache
from time import monotonic
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from portal.accounts.access import creator_of
from portal.accounts.models import User
from portal.home import navigation
from portal.home.locks import locks_of
from portal.home.roles import current_role, role_links, unread_notices
from portal.home.styles import stylesheet
from portal.ledger.queries import last_proof_told

PROOF_SECONDS = 20


def frame(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    is_known = bool(user and user.is_authenticated)
    return {
        "site_name": settings.SITE_NAME,
        "is_sandbox": settings.SANDBOX,
        "is_demo": settings.DEMO,
        "stylesheet_url": stylesheet().url,
        "theme": chosen_theme(request),
        "has_keys": user.shortcuts if is_known and user else request.COOKIES.get("shortcuts") != "off",
        "nav": Nav(request),
    }


class Nav(dict[str, Any]):
    """What the frame asks for, each made when it is first asked: a fragment for htmx has no frame and asks nothing."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__()
        self.request = request

    def __missing__(self, name: str) -> Any:
        make = getattr(self, f"_{name}", None)
        if make is None:
            raise KeyError(name)
        self[name] = found = make()
        return found

    def _role(self) -> str:
        return current_role(self.request)

    def _roles(self) -> list[dict[str, Any]]:
        return role_links(self.request, self["role"])

    def _locks(self) -> navigation.Locks:
        creator = creator_of(self.request) if self["role"] == "creator" else None
        return locks_of(creator, timezone.now()) if creator else navigation.NO_LOCKS

    def _side(self) -> list[dict[str, Any]]:
        return navigation.side(self["role"], self.request.path, self["locks"]) if self["role"] else []

    def _bottom(self) -> list[dict[str, Any]]:
        return navigation.bottom(self["role"], self.request.path, self["locks"]) if self["role"] else []

    def _foot(self) -> list[dict[str, Any]]:
        return navigation.foot(get_language() or "en", is_demo=settings.DEMO)

    def _feedback(self) -> str:
        return f"{navigation.address('idea_list')}?{urlencode({'from': self.request.path})}"

    def _proof(self) -> dict[str, Any] | None:
        return books_status()

    def _console(self) -> str:
        return navigation.address("console") if self["role"] == "staff" else ""

    def _unread(self) -> int:
        return unread_notices(self.request)

    def _languages(self) -> SafeString:
        return _languages(get_language() or "en", tuple(settings.LANGUAGES))

    def _themes(self) -> SafeString:
        return _themes(get_language() or "en", chosen_theme(self.request))

    def _address(self) -> "Addresses":
        return ADDRESSES


class Addresses(dict[str, str]):
    """{{ nav.address.settings }}: the path of a page by its name, looked up once."""

    def __missing__(self, name: str) -> str:
        return navigation.address(name)


ADDRESSES = Addresses()


def chosen_theme(request: HttpRequest) -> str:
    """The person's, or the one this browser keeps."""
    user = getattr(request, "user", None)
    theme = user.theme if user and user.is_authenticated else request.COOKIES.get("theme", "")
    return theme if theme in User.Theme.values else ""


SELECTED = SafeString(" selected")


# The options stand on every page and are drawn once a language.
@lru_cache(maxsize=200)
def _languages(chosen: str, languages: tuple[tuple[str, str], ...]) -> SafeString:
    """Each name is written in its own language, and says so to who reads it aloud."""
    rows = ((code, SELECTED if code == chosen else "", name) for code, name in languages)
    return format_html_join("", '<option value="{0}" lang="{0}"{1}>{2}</option>', rows)


@lru_cache(maxsize=200)
def _themes(_language: str, chosen: str) -> SafeString:
    rows = ((key, SELECTED if key == chosen else "", name) for key, name in User.Theme.choices)
    return format_html_join("", '<option value="{}"{}>{}</option>', rows)


_proof_kept: list[Any] = [0.0, None]


def books_status() -> dict[str, Any] | None:
    """When the books were last proved and whether they held, as told to the cache; asked at most every 20 seconds."""
    if monotonic() >= _proof_kept[0]:
        _proof_kept[:] = [monotonic() + PROOF_SECONDS, last_proof_told()]
    told: tuple[datetime, bool] | None = _proof_kept[1]
    if told is None:
        return None
    at, holds = told
    return {"at": at, "holds": holds, "is_today": timezone.localdate(at) == timezone.localdate()}
