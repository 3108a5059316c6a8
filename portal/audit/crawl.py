"""Walk through a portal as one role, from link to link: where each URL lies, and what answers there.

Runs inside the portal's own Django, on its database, without a server: a few milliseconds a page.
"""

import re
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.signals import got_request_exception
from django.test import Client
from django.urls import Resolver404, resolve

from portal.audit.roles import SPEAKING

LINK = re.compile(r"""\s(?:href|action|formaction|src|hx-get|hx-post)=(?:"([^"]*)"|'([^']*)')""")
# What a page shows to others: the picture of a shared link.
MENTION = re.compile(r"""\scontent=(?:"(https?://[^"]*)"|'(https?://[^']*)')""")
# Reading these changes who one is, or what the next page shows.
NOT_FOLLOWED = frozenset({"demo_sign_in", "admin:logout", "stylesheet"})
# Addresses of one name that are looked at, since objects in different states show different things.
EXAMPLES = 3


@dataclass
class Answer:
    """What one address answered to one role."""

    name: str
    role: str
    path: str
    status: int
    kind: str = ""
    body: str = ""
    location: str = ""
    found_on: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    error: str = ""

    @property
    def is_page(self) -> bool:
        return (
            self.status in (200, SPEAKING.get(self.name))
            and self.kind == "text/html"
            and "<html" in self.body[:2000].lower()
        )


_FAILED: dict[str, str] = {}


def _note_failure(**_: object) -> None:
    _FAILED["error"] = repr(sys.exc_info()[1])[:300]


@cache
def _client() -> Client:
    """One for all: each new one would read through all static files again."""
    got_request_exception.connect(_note_failure, weak=False, dispatch_uid="audit")
    site = urlsplit(settings.SITE_URL)
    return Client(raise_request_exception=False, SERVER_NAME=str(site.hostname), SERVER_PORT=str(site.port or 80))


class Reader:
    """Asks for pages with one session's cookie; whatever a page sets is forgotten."""

    def __init__(self, role: str, session_key: str, language: str = "en") -> None:
        self.role, self.session_key, self.language = role, session_key, language
        self.client = _client()

    def get(self, path: str, *, found_on: str = "") -> Answer:
        self.client.cookies.clear()
        if self.session_key:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.session_key
        got = self.client.get(path, headers={"accept-language": self.language})
        kind = got.headers.get("Content-Type", "").split(";")[0]
        body = got.content.decode(errors="replace") if kind == "text/html" and not got.streaming else ""
        return Answer(
            name=name_of(path) or "",
            role=self.role,
            path=path,
            status=got.status_code,
            kind=kind,
            body=body,
            location=got.headers.get("Location", ""),
            found_on=found_on,
            headers=dict(got.headers),
            error=_FAILED.pop("error", "") if got.status_code >= 500 else "",
        )


def name_of(path: str) -> str | None:
    """The URL name that answers a path, or None if nothing does."""
    try:
        return resolve(urlsplit(path).path).view_name
    except Resolver404:
        return None


def links(body: str, base: str) -> Iterator[str]:
    """The addresses inside the portal that a page links to or sends its forms to, without fragments."""
    for double, single in [*LINK.findall(body), *MENTION.findall(body)]:
        target = urlsplit(urljoin(base, unescape(double or single)))
        here = target.netloc in ("", urlsplit(settings.SITE_URL).netloc)
        if here and target.scheme in ("", "http", "https") and target.path.startswith("/"):
            yield target.path + (f"?{target.query}" if target.query else "")


def is_file(path: str) -> bool:
    return path.startswith(("/" + settings.STATIC_URL.strip("/") + "/", "/" + settings.MEDIA_URL.strip("/") + "/"))


class Crawl:
    """Breadth first through one role's portal; `answers` are all pages asked for, `seen` one path a name at least."""

    def __init__(self, reader: Reader, writes: Iterable[str] = (), *, admin: bool = True) -> None:
        self.reader, self.admin = reader, admin
        self.writes = frozenset(writes)
        self.answers: list[Answer] = []
        self.dead: list[tuple[str, str]] = []
        # For names that only take POST, too: where their forms point to.
        self.paths: dict[str, list[str]] = {}
        self._taken: Counter[str] = Counter()
        self._known: set[str] = set()

    def run(self, starts: Iterable[str]) -> None:
        queue = deque((path, "") for path in starts)
        while queue:
            path, found_on = queue.popleft()
            if path in self._known or is_file(path):
                continue
            self._known.add(path)
            name = name_of(path)
            if name is None:
                self.dead.append((path, found_on))
                continue
            if not self._wanted(name, path):
                continue
            answer = self.reader.get(path, found_on=found_on)
            self.answers.append(answer)
            if answer.status in (301, 302) and answer.location:
                queue.append((urljoin(path, answer.location), found_on))
            if answer.is_page:
                queue.extend((link, path) for link in links(answer.body, path))

    def _wanted(self, name: str, path: str) -> bool:
        """Note where a name lies; whether to open it."""
        self.paths.setdefault(name, []).append(path)
        if name in NOT_FOLLOWED or name in self.writes:
            return False
        self._taken[name] += 1
        # Queries count as examples too, so that a filter's hundred values do not become a hundred pages.
        is_admin = name.startswith("admin:")
        return (self.admin or not is_admin) and self._taken[name] <= (1 if is_admin else EXAMPLES)
