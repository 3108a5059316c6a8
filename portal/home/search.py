"""Search over all products: what the reader may see, and what is theirs. Plain words, every one of them must occur."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from academy.models import Course, Lesson
from portal.accounts.models import Creator
from portal.feedback.models import Idea
from portal.home import navigation
from portal.home.roles import current_role
from rewards.models import Clip
from shop.models import Product
from shop.queries import brands_of
from subscriptions.models import Membership, Post, Tier

LONGEST, SHORTEST, A_GROUP = 80, 2, 6


@dataclass(frozen=True)
class Hit:
    title: str
    url: str
    note: str = ""


@dataclass(frozen=True)
class Group:
    """What was found of one kind; `more` when there is more than is shown."""

    title: str | Promise
    icon: str
    hits: list[Hit]
    more: bool = False


def search(request: HttpRequest, words: str, now: datetime) -> list[Group]:
    """Groups that found something, what is the reader's own first."""
    asked = words[:LONGEST].split()
    if len(words.strip()) < SHORTEST:
        return []
    groups = [pages(request, asked), *own(request, asked), *everybodys(asked, now)]
    return [group for group in groups if group.hits]


def pages(request: HttpRequest, asked: list[str]) -> Group:
    """Places of the navigation, in the role the reader is in."""
    role = current_role(request)
    places = [place for group in navigation.SIDE.get(role, ()) for place in group.places]
    places += [*(navigation.ALWAYS if role else ()), *navigation.FOOT]
    found = {
        navigation.address(place.name): str(place.label)
        for place in places
        if all(word.casefold() in str(place.label).casefold() for word in asked)
    }
    return Group(_("Pages"), "squares-2x2", [Hit(label, url) for url, label in found.items() if url][:A_GROUP])


def own(request: HttpRequest, asked: list[str]) -> Iterable[Group]:
    """What belongs to the reader, drafts too."""
    user = request.user
    if not user.is_authenticated:
        return
    creator: Creator | None = Creator.objects.filter(user=user).first()
    memberships = Membership.objects.filter(fan=user).select_related("creator", "tier")
    yield _group(
        _("Your memberships"),
        "ticket",
        memberships.filter(_all(asked, "creator__display_name", "creator__handle", "tier__name")).order_by("-pk"),
        lambda row: Hit(row.creator.display_name, reverse("membership_list"), row.tier.name),
    )
    if creator:
        yield _group(
            _("Your posts"),
            "pencil-square",
            Post.objects.filter(_all(asked, "title", "teaser"), creator=creator).order_by("-pk"),
            lambda row: Hit(row.title, reverse("post_edit", args=[row.public_id])),
        )
        yield _group(
            _("Your tiers"),
            "rectangle-stack",
            Tier.objects.filter(_all(asked, "name", "description"), creator=creator).order_by("-pk"),
            lambda row: Hit(row.name, reverse("tier_edit", args=[row.public_id])),
        )
        yield _group(
            _("Your clips"),
            "play-circle",
            Clip.objects.filter(_all(asked, "title"), creator=creator).order_by("-pk"),
            lambda row: Hit(row.title, row.get_absolute_url()),
        )
    yield _group(
        _("Your products"),
        "cube",
        Product.objects.filter(_all(asked, "title", "sku"), brand__in=brands_of(user)).order_by("-pk"),
        lambda row: Hit(row.title, reverse("brand_product_edit", args=[row.public_id]), row.sku),
    )


def everybodys(asked: list[str], now: datetime) -> Iterable[Group]:
    """What everybody may know of: creators, titles of published posts, courses and lessons, ideas."""
    yield _group(
        _("Creators"),
        "user-group",
        Creator.objects.filter(_all(asked, "display_name", "handle", "intro")).order_by("display_name"),
        lambda row: Hit(row.display_name, reverse("creator_page", args=[row.handle]), f"@{row.handle}"),
    )
    yield _group(
        _("Posts"),
        "document-text",
        Post.objects.published(now).filter(_all(asked, "title")).select_related("creator").order_by("-published_at"),
        lambda row: Hit(
            row.title, reverse("post_detail", args=[row.creator.handle, row.public_id]), row.creator.display_name
        ),
    )
    courses = Course.objects.live(now)
    yield _group(
        _("Courses"),
        "academic-cap",
        courses.filter(_all(asked, "title")).order_by("title"),
        lambda row: Hit(row.title, row.get_absolute_url()),
    )
    lessons = Lesson.objects.live().filter(_all(asked, "title"), module__course__in=courses)
    yield _group(
        _("Lessons"),
        "book-open",
        lessons.select_related("module__course").order_by("title"),
        lambda row: Hit(row.title, row.get_absolute_url(), row.module.course.title),
    )
    yield _group(
        _("Ideas"),
        "light-bulb",
        Idea.objects.filter(_all(asked, "title")).order_by("-suggested_at"),
        lambda row: Hit(row.title, row.get_absolute_url()),
    )


def _all(asked: list[str], *fields: str) -> Q:
    """Every word occurs in at least one of the fields."""
    return reduce(
        and_, (reduce(lambda a, b: a | b, (Q(**{f"{f}__icontains": word}) for f in fields)) for word in asked)
    )


def _group(title: str | Promise, icon: str, rows: QuerySet[Any], hit: Any) -> Group:
    found = list(rows[: A_GROUP + 1])
    return Group(title, icon, [hit(row) for row in found[:A_GROUP]], more=len(found) > A_GROUP)
