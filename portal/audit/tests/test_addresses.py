"""No URL is forgotten: a new one is found, and one that nobody can reach is a miss."""

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import clear_url_caches, include, path, set_urlconf
from django.views.decorators.http import require_POST, require_safe

from portal.audit.addresses import addresses
from portal.audit.planning import Planner
from portal.audit.quiet import settle_in
from portal.audit.roles import STRANGER, VISITORS, may, visitors
from portal.kit.access import machine, public, signed_in


@public
@require_safe
def greenhouse(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<!doctype html><html><title>x</title><body><a href='/nowhere/'>x</a></body></html>")


@public
@require_safe
def hidden(request: HttpRequest, plant: str) -> HttpResponse:
    return HttpResponse("<!doctype html><html><title>x</title></html>")


@signed_in
@require_POST
def water(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@machine
def sensor(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@public
@require_safe
def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError("the pipe has burst")


def careless(request: HttpRequest) -> HttpResponse:
    """Declared for staff, and shown to everybody."""
    return HttpResponse("<!doctype html><html><title>x</title></html>")


careless.access = "staff"  # type: ignore[attr-defined]


@pytest.fixture
def more_urls() -> Iterator[None]:
    """The portal's URLs, and a few more."""
    module = ModuleType("audited_urls")
    module.urlpatterns = [  # type: ignore[attr-defined]
        path("greenhouse/", greenhouse, name="greenhouse"),
        path("greenhouse/<slug:plant>/", hidden, name="hidden"),
        path("water/", water, name="water"),
        path("sensor/", sensor, name="sensor"),
        path("broken/", broken, name="broken"),
        path("careless/", careless, name="careless"),
        path("", include("portal.urls")),
    ]
    sys.modules["audited_urls"] = module
    with override_settings(ROOT_URLCONF="audited_urls"):
        clear_url_caches()
        set_urlconf(None)
        yield
    del sys.modules["audited_urls"]
    clear_url_caches()


def test_every_url_of_the_portal_is_listed_once() -> None:
    names = [address.name for address in addresses()]
    assert {"home", "account_login", "admin:index", "api:views_in", "stripe_event"} <= set(names)
    assert not [name for name in names if names.count(name) > 1 and not name.startswith("admin:")]


def test_what_a_view_takes_and_whom_it_admits_is_read_from_it() -> None:
    by_name = {address.name: address for address in addresses()}
    assert by_name["idea_vote"].only_writes
    assert not by_name["idea_new"].only_writes
    assert by_name["idea_detail"].parameters == ("idea",)
    assert visitors(by_name["earnings"]) == VISITORS["creator"]
    assert may(by_name["earnings"], "fan") is False
    assert may(by_name["earnings"], "small-creator") is True
    assert visitors(by_name["account_login"]) == (STRANGER,)


@pytest.mark.usefixtures("more_urls", "rules")
def test_a_new_url_is_visited_or_explained_or_missed(noon: object) -> None:
    settle_in(noon)
    plan = Planner(is_fast=True).plan()
    assert ("greenhouse", STRANGER) in {(visit.name, visit.role) for visit in plan.visits}
    assert plan.misses["hidden"] == "no page links to it and no finder knows where it lies"
    assert plan.left_out["water"] == "answers POST only"
    assert plan.left_out["sensor"].startswith("for machines")
    met = set(plan.met)
    assert ("links", "/greenhouse/", STRANGER, "links to /nowhere/, which nothing answers") in met
    broke = next(what for check, page, role, what in met if (check, page, role) == ("status", "broken", "fan"))
    assert broke == "500 at /broken/: ValueError('the pipe has burst')"
    assert ("access", "careless", "fan", "is shown although it is declared “staff”") in met
