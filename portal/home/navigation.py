"""Where a person may go, in the role they are in. Names of pages that a test checks to exist."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Place:
    """A link of the navigation: URL name, label, icon (a heroicons name), the program it is locked without."""

    name: str
    label: str | Promise
    icon: str = "squares-2x2"
    program: str = ""
    # For a fifth of a phone's width.
    short: str | Promise = ""


# Program → why its pages are locked, and where it says more.
Locks = Mapping[str, tuple[str, str]]
NO_LOCKS: Locks = {}


@dataclass(frozen=True)
class Group:
    title: str | Promise
    places: tuple[Place, ...]


HOME = Place("home", _("Home"), "home")
ACADEMY = Place("course_list", _("Academy"), "academic-cap")
FEEDBACK = Place("idea_list", _("Feedback"), "chat-bubble-left-right")

SIDE: dict[str, tuple[Group, ...]] = {
    "creator": (
        Group("", (HOME, Place("program_overview", _("Programs"), "key"))),
        Group(
            _("Earn"),
            (
                Place("tier_list", _("Tiers"), "rectangle-stack", "subscriptions"),
                Place("season_list", _("Seasons"), "calendar-days", "subscriptions"),
                Place("promo_list", _("Codes"), "ticket", "subscriptions"),
                Place("member_list", _("Members"), "user-group", "subscriptions"),
                Place("revenue", _("Revenue"), "chart-bar", "subscriptions"),
                Place("post_list", _("Posts"), "pencil-square", "subscriptions"),
                Place("emoji_list", _("Emojis"), "face-smile", "subscriptions"),
                Place("reward_overview", _("Rewards"), "play-circle", "rewards"),
                Place("marketplace", _("Marketplace"), "building-storefront", "shop"),
                Place("showcase", _("My shop links"), "link", "shop", _("Links")),
            ),
        ),
        Group(
            _("Money"),
            (
                Place("earnings", _("Earnings"), "scale"),
                Place("payout_list", _("Payouts"), "banknotes"),
            ),
        ),
        Group(_("Grow"), (ACADEMY, FEEDBACK)),
    ),
    "fan": (
        Group("", (HOME, Place("library", _("Library"), "book-open"))),
        Group(
            _("Yours"), (Place("membership_list", _("Memberships"), "ticket", short=_("My tiers")), ACADEMY, FEEDBACK)
        ),
    ),
    "brand": (
        Group("", (Place("brand_home", _("Brand home"), "home", short=_("Home")),)),
        Group(
            _("Sell"),
            (
                Place("brand_product_list", _("Products"), "cube"),
                Place("brand_order_list", _("Orders"), "shopping-bag"),
                Place("brand_top_up", _("Budget"), "wallet"),
                FEEDBACK,
            ),
        ),
    ),
    "staff": (
        Group("", (HOME, Place("admin:index", _("Back office"), "wrench-screwdriver", short=_("Office")))),
        Group(
            _("Operate"),
            (
                Place("payout_run_list", _("Payout runs"), "banknotes", short=_("Runs")),
                Place("policy_list", _("Program rules"), "key"),
                Place("wave_list", _("Invitations"), "envelope"),
                Place("share_list", _("Revenue share"), "receipt-percent"),
                Place("emoji_review", _("Emojis to look at"), "face-smile"),
                Place("staff_access", _("Who can see what"), "eye"),
                Place("books", _("The books"), "scale", short=_("Books")),
                Place("console", _("Sandbox console"), "beaker"),
                FEEDBACK,
            ),
        ),
    ),
}
BOTTOM = {
    "creator": ("home", "reward_overview", "tier_list", "showcase", "earnings"),
    "fan": ("home", "library", "membership_list", "course_list", "idea_list"),
    "brand": ("brand_home", "brand_product_list", "brand_order_list", "brand_top_up", "idea_list"),
    "staff": ("home", "admin:index", "payout_run_list", "books", "idea_list"),
}
FOOT = (
    Place("books", _("The books")),
    Place("program_rules", _("Rules")),
    Place("reward_rules", _("How views are paid")),
    Place("course_list", _("Academy")),
)
ALWAYS = (Place("notice_list", _("Notices"), "bell"), Place("settings", _("Settings"), "user-circle"))
# g, then: where to.
GO_KEYS = {
    "home": "h",
    "brand_home": "h",
    "program_overview": "k",
    "tier_list": "t",
    "member_list": "m",
    "post_list": "o",
    "reward_overview": "r",
    "marketplace": "b",
    "showcase": "l",
    "earnings": "e",
    "payout_list": "p",
    "course_list": "a",
    "idea_list": "f",
    "library": "i",
    "membership_list": "m",
    "brand_product_list": "p",
    "brand_order_list": "o",
    "brand_top_up": "u",
    "payout_run_list": "p",
    "policy_list": "k",
    "books": "b",
    "console": "c",
    "notice_list": "n",
    "settings": "s",
}
DEMO_FOOT = (Place("demo", _("Demo sign-ins")), Place("outbox", _("Outbox")))


def address(name: str) -> str:
    """The path of a page, '' for one that this portal does not serve (the sandbox console beside a real provider)."""
    try:
        return _path(name)
    except NoReverseMatch:
        return ""


@cache
def _path(name: str) -> str:
    """Looked up once: paths do not change while the portal runs, and every page shows a dozen of them."""
    return reverse(name)


def _link(place: Place, path: str, locks: Locks = NO_LOCKS) -> dict[str, Any]:
    url = address(place.name)
    current = path == url or (url != "/" and bool(url) and path.startswith(url))
    why, more = locks.get(place.program, ("", ""))
    return {
        "name": place.name,
        "url": more or url,
        "label": place.label,
        "short": place.short or place.label,
        "icon": place.icon,
        "current": current,
        "locked": why,
        "program": place.program,
        "key": GO_KEYS.get(place.name, ""),
    }


def side(role: str, path: str, locks: Locks = NO_LOCKS) -> list[dict[str, Any]]:
    """Groups of links. What is locked leads to the page that says why; its reason is told once a program."""
    groups, told = [], set()
    for group in SIDE.get(role, ()):
        links = [link for link in (_link(place, path, locks) for place in group.places) if link["url"]]
        for link in links:
            link["reason"] = link["locked"] if link["program"] not in told else ""
            if link["locked"]:
                told.add(link["program"])
        groups.append({"title": group.title, "items": links})
    return groups


def bottom(role: str, path: str, locks: Locks = NO_LOCKS) -> list[dict[str, Any]]:
    places = {place.name: place for group in SIDE.get(role, ()) for place in group.places}
    links = (_link(places[name], path, locks) for name in BOTTOM.get(role, ()))
    return [link for link in links if link["url"]]


def go_keys(role: str) -> list[dict[str, Any]]:
    """The pages of a role that a key leads to, after g."""
    names = [place for group in SIDE.get(role, ()) for place in group.places] + list(ALWAYS)
    return [
        {"key": GO_KEYS[place.name], "label": place.label, "url": address(place.name)}
        for place in names
        if place.name in GO_KEYS and address(place.name)
    ]


@lru_cache(maxsize=100)
def foot(language: str, *, is_demo: bool) -> list[dict[str, Any]]:
    """The links below every page, in words of that language, which is the one that is spoken now."""
    del language
    links = [_link(place, "") for place in (FOOT + DEMO_FOOT if is_demo else FOOT)]
    return [link | {"label": str(link["label"])} for link in links if link["url"]]
