"""Where a person may go, in the role they are in. Names of pages that a test checks to exist."""

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Place:
    """A link of the navigation: URL name, label, icon (a heroicons name)."""

    name: str
    label: str | Promise
    icon: str = "squares-2x2"


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
                Place("tier_list", _("Tiers"), "rectangle-stack"),
                Place("promo_list", _("Codes"), "ticket"),
                Place("member_list", _("Members"), "user-group"),
                Place("post_list", _("Posts"), "pencil-square"),
                Place("emoji_list", _("Emojis"), "face-smile"),
                Place("reward_overview", _("Rewards"), "play-circle"),
                Place("marketplace", _("Marketplace"), "building-storefront"),
                Place("showcase", _("My shop links"), "link"),
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
        Group(_("Yours"), (Place("membership_list", _("Memberships"), "ticket"), ACADEMY, FEEDBACK)),
    ),
    "brand": (
        Group("", (Place("brand_home", _("Brand home"), "home"),)),
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
        Group("", (HOME, Place("admin:index", _("Back office"), "wrench-screwdriver"))),
        Group(
            _("Operate"),
            (
                Place("payout_run_list", _("Payout runs"), "banknotes"),
                Place("policy_list", _("Program rules"), "key"),
                Place("books", _("The books"), "scale"),
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
DEMO_FOOT = (Place("demo", _("Demo sign-ins")), Place("outbox", _("Outbox")))


def address(name: str) -> str:
    """The path of a page, '' for one that this portal does not serve (the sandbox console beside a real provider)."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _link(place: Place, path: str) -> dict[str, Any]:
    url = address(place.name)
    current = path == url or (url != "/" and bool(url) and path.startswith(url))
    return {"name": place.name, "url": url, "label": place.label, "icon": place.icon, "current": current}


def side(role: str, path: str) -> list[dict[str, Any]]:
    groups = []
    for group in SIDE.get(role, ()):
        links = [link for link in (_link(place, path) for place in group.places) if link["url"]]
        groups.append({"title": group.title, "items": links})
    return groups


def bottom(role: str, path: str) -> list[dict[str, Any]]:
    places = {place.name: place for group in SIDE.get(role, ()) for place in group.places}
    links = (_link(places[name], path) for name in BOTTOM.get(role, ()))
    return [link for link in links if link["url"]]


def foot(path: str, *, is_demo: bool) -> list[dict[str, Any]]:
    links = [_link(place, path) for place in (FOOT + DEMO_FOOT if is_demo else FOOT)]
    feedback = address("idea_list")
    links.append({"url": f"{feedback}?from={path}" if feedback else "", "label": _("Give feedback")})
    return [link for link in links if link["url"]]
