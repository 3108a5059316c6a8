"""What the shop's tests share: a budget, a link with a click, and orders told in one line."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import Creator
from shop.actions.budget import record_top_up, start_top_up
from shop.actions.links import create_link, record_click
from shop.facts import LineFacts, OrderFacts
from shop.models import Brand, Click, Link, Product, TopUp

Fill = Callable[[int], TopUp]


@pytest.fixture
def lamp(juniper: Brand) -> Product:
    return juniper.products.get(sku="lamp")


@pytest.fixture
def vase(juniper: Brand) -> Product:
    return juniper.products.get(sku="vase")


@pytest.fixture
def fill(juniper: Brand, noon: datetime) -> Fill:
    """Juniper's budget grows by so many cents; the provider took no fee."""

    def grow(amount_minor: int) -> TopUp:
        top_up = start_top_up(brand=juniper, amount_minor=amount_minor, by=juniper.members.get(), now=noon)
        return record_top_up(
            top_up=top_up, paid_at=noon, stripe_fee_minor=0, payment_intent_id=f"pi_{top_up.public_id}", now=noon
        )

    return grow


@pytest.fixture
def link(mika: Creator, lamp: Product, noon: datetime) -> Link:
    """Mika's link to the lamp: 10 %, seven days, made 20 days ago."""
    return create_link(creator=mika, product=lamp, now=noon - timedelta(days=20))


@pytest.fixture
def click(link: Link, noon: datetime) -> Click:
    """Somebody followed it two hours before noon."""
    return record_click(link=link, visitor="visitor1", now=noon - timedelta(hours=2))


def order_of(click: Click | None, *, at: datetime, number: str = "A1", **changes: object) -> OrderFacts:
    """One lamp for $40.00 to the United States, unless told otherwise."""
    values: dict[str, object] = {
        "external_id": number,
        "currency": "usd",
        "placed_at": at,
        "lines": (LineFacts("1", "lamp", 1, 4_000),),
        "buyer_region": "US",
        "click_token": click.token if click else "",
    }
    return OrderFacts(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def june(client: Client, juniper: Brand) -> Client:
    """A browser in which June of Juniper is signed in."""
    client.force_login(juniper.members.get())
    return client


@pytest.fixture
def mika_in(client: Client, mika: Creator) -> Client:
    """A browser in which Mika is signed in."""
    client.force_login(mika.user)
    return client


def questions(client: Client, path: str) -> int:
    """How many questions a page asks of the shop's own tables; the frame is left out where it can be."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path, headers={"HX-Request": "true"}).status_code == 200
    return sum('FROM "shop_' in query["sql"] for query in asked.captured_queries)
