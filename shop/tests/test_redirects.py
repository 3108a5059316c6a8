"""The redirect before Django gives the same answers as the view, and sends nobody on before the click is written."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from unittest.mock import ANY

import pytest
from django.utils import timezone
from redis import Redis

from shop import clickstream, visitors
from shop.actions.catalog import delist_product
from shop.actions.links import create_link, drain_clicks, drain_if_unknown
from shop.models import Click, Link, Product
from shop.redirects import Redirects, stop

pytestmark = pytest.mark.django_db(transaction=True)
BROWSER = (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
Headers = list[tuple[bytes, bytes]]
Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(autouse=True)
def redis(valkey_url: str, settings: Any) -> Redis:
    settings.REDIS_URL = valkey_url
    return Redis.from_url(valkey_url)


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Django's place: says that it was asked."""
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def visit(story: Callable[[Redirects, Ask], Awaitable[None]]) -> None:
    """Run a story against a fresh entry whose map is loaded."""

    async def run() -> None:
        entry = Redirects(pages)

        async def ask(
            path: str, *headers: tuple[bytes, bytes], method: str = "GET", agent: bool = True
        ) -> dict[str, Any]:
            told: dict[str, Any] = {}

            async def send(message: Any) -> None:
                told.update(message)

            sent = [*([BROWSER] if agent else []), *headers]
            scope = {"type": "http", "method": method, "path": path, "headers": sent, "scheme": "http"}
            await entry(scope, None, send)  # type: ignore[arg-type]
            return told | {"headers": dict(told["headers"])}

        try:
            await entry.map.load()
            await story(entry, ask)
        finally:
            await stop(entry)

    asyncio.run(run())


def test_click_is_in_the_stream_before_the_answer(link: Link, redis: Redis) -> None:
    async def story(entry: Redirects, ask: Ask) -> None:
        told = await ask(link.get_absolute_url(), (b"referer", b"https://video.example/watch"))
        assert told["status"] == 302
        assert redis.xlen(clickstream.STREAM) == 1
        token = told["headers"][b"location"].decode().rpartition("=")[2]
        assert told["headers"][b"location"].decode() == f"/shop/{link.product.public_id}/?portal_click={token}"
        cookie = told["headers"][b"set-cookie"].decode()
        assert "HttpOnly" in cookie
        assert visitors.unseal(cookie.split(";")[0].partition("=")[2])

    visit(story)
    assert Click.objects.count() == 0
    assert drain_clicks() == 1
    click = Click.objects.get()
    assert (click.link, click.flag, click.referrer) == (link, "", "video.example")
    assert abs(click.at - timezone.now()) < timedelta(minutes=1)
    assert redis.xlen(clickstream.STREAM) == 0


def test_clicks_at_once_are_written_together_and_each_once(link: Link, redis: Redis) -> None:
    async def story(entry: Redirects, ask: Ask) -> None:
        answers = await asyncio.gather(*[ask(link.get_absolute_url()) for _ in range(200)])
        assert {told["status"] for told in answers} == {302}
        assert redis.xlen(clickstream.STREAM) < 20

    visit(story)
    assert drain_clicks() == 200
    assert Click.objects.count() == 200


def test_draining_again_doubles_nothing(link: Link, redis: Redis) -> None:
    click = clickstream.pack(link_id=link.pk, token="t1", visitor="v", at=1_778_846_400, referrer="", flag="bot")
    for _turn in range(2):
        redis.xadd(clickstream.STREAM, {clickstream.FIELD: clickstream.bundle([click, click])})
    drain_clicks()
    assert Click.objects.get().token == "t1"


def test_order_fetches_the_click_that_is_still_on_its_way(link: Link, redis: Redis) -> None:
    click = clickstream.pack(link_id=link.pk, token="t1", visitor="v", at=1_778_846_400, referrer="", flag="")
    redis.xadd(clickstream.STREAM, {clickstream.FIELD: clickstream.bundle([click])})
    drain_if_unknown(tokens=[""])
    assert Click.objects.count() == 0
    drain_if_unknown(tokens=["t1", ""])
    assert Click.objects.count() == 1


def test_same_visitor_keeps_the_cookie_and_a_made_up_one_is_replaced(link: Link) -> None:
    async def story(entry: Redirects, ask: Ask) -> None:
        ours = visitors.seal("visitor1")
        for cookie in (ours, "visitor1.0000"):
            await ask(link.get_absolute_url(), (b"cookie", f"a=b; {visitors.COOKIE}={cookie}".encode()))

    visit(story)
    drain_clicks()
    assert list(Click.objects.order_by("pk").values_list("visitor", flat=True)) == ["visitor1", ANY]
    assert Click.objects.filter(visitor="visitor1").count() == 1


@pytest.mark.parametrize("agent", [b"Googlebot/2.1", b"curl/8.5"])
def test_machines_are_flagged(link: Link, agent: bytes) -> None:
    async def story(entry: Redirects, ask: Ask) -> None:
        await ask(link.get_absolute_url(), (b"user-agent", agent), agent=False)

    visit(story)
    drain_clicks()
    assert Click.objects.get().flag == Click.Flag.BOT


def test_everything_else_goes_to_the_view(link: Link, redis: Redis) -> None:
    path = link.get_absolute_url()

    async def story(entry: Redirects, ask: Ask) -> None:
        assert (await ask("/s/unknown/"))["status"] == 299
        assert (await ask(path.rstrip("/")))["status"] == 299
        assert (await ask("/shop/"))["status"] == 299
        assert (await ask(path, method="HEAD"))["status"] == 299
        assert (await ask(path, method="POST"))["status"] == 299
        assert (await ask(path, (b"sec-purpose", b"prefetch")))["status"] == 299
        assert (await ask(path, (b"cookie", b"sessionid=1")))["status"] == 299

    visit(story)
    assert redis.xlen(clickstream.STREAM) == 0


def test_without_redis_the_view_answers(link: Link, settings: Any) -> None:
    async def story(entry: Redirects, ask: Ask) -> None:
        entry.commit.redis = entry.redis.from_url("redis://127.0.0.1:1", retry=None)
        assert (await ask(link.get_absolute_url()))["status"] == 299

    visit(story)


def test_map_hears_of_new_and_closed_links(link: Link, vase: Product, lamp: Product) -> None:
    async def until(found: Callable[[], bool]) -> None:
        for _turn in range(200):
            if found():
                return
            await asyncio.sleep(0.02)
        raise AssertionError("the map was not told")

    async def story(entry: Redirects, ask: Ask) -> None:
        await ask("/s/unknown/")
        made = await asyncio.to_thread(create_link, creator=link.creator, product=vase, now=timezone.now())
        await until(lambda: made.get_absolute_url() in entry.map.links)
        await asyncio.to_thread(delist_product, product=lamp, now=timezone.now())
        await until(lambda: link.get_absolute_url() not in entry.map.links)

    visit(story)
