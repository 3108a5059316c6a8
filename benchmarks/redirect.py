"""The affiliate redirect, its click durable before the answer, against a plain Django view and a bare ASGI hello.

    python -m benchmarks.redirect                      2,000 requests a round and side, best of 5
    python -m benchmarks.redirect --requests 10000

One uvicorn process serves four sides, 128 connections stay open, the sides take turns:
  hello       an ASGI function that answers 302: the floor of this server
  plain       a Django view without middleware: SELECT the link, INSERT the click, 302 (what one would write first)
  view        the portal's own view through all middleware: what serves without a Redis
  redirect    the portal's entry before Django: map of links, clicks to a Valkey stream, written before the answer
Beside it the plain view is called in process, without any server: the least that Django can take for it.
The Valkey syncs every write to disk (`appendfsync always`), the database is SQLite with `synchronous=FULL`. CPU is that
of the server process. At the end the clicks of every side are drained and counted: one a request, none lost.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

GOAL_PLAIN, GOAL_HELLO = 7.0, 0.6
CONNECTIONS = 128
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"
SIDES = ("hello", "plain", "view", "redirect")


# --- The server: a process of its own ------------------------------------------------


def make_link() -> str:
    """A creator with a link to a product in a brand's own shop; its code."""
    from portal.accounts.models import Creator, User
    from portal.programs.actions import enroll_by_staff
    from portal.programs.models import Program
    from shop.actions.catalog import list_product, open_brand
    from shop.actions.links import create_link

    at = datetime.now(UTC) - timedelta(days=1)
    user = User.objects.create_user("mika@example.com", name="Mika", country="US")
    creator = Creator.objects.create(user=user, handle="mika", display_name="Mika", region="US")
    enroll_by_staff(creator=creator, program=Program.SHOP, by=user, now=at)
    brand = open_brand(name="Juniper", slug="juniper", currency="usd", members=[], now=at)
    product = list_product(
        brand=brand,
        sku="lamp",
        title="Lamp",
        price_minor=4_000,
        rate_bp=1_000,
        regions=["US"],
        url="https://juniper.example/lamp",
        now=at,
    )
    return create_link(creator=creator, product=product, now=at).code


def plain_view(code: str) -> Any:
    """What one would write first."""
    from django.http import HttpResponseRedirect
    from django.utils import timezone

    from shop.models import Click, Link

    link = Link.objects.select_related("product").get(code=code)
    click = Click.objects.create(link=link, visitor="plain", at=timezone.now())
    return HttpResponseRedirect(f"{link.destination()}?portal_click={click.token}")


def bare_django(handler: type) -> Any:
    """A Django handler, WSGI or ASGI, without middleware, whose only page is the plain view."""
    from django.core.handlers.asgi import ASGIHandler
    from django.test.utils import override_settings
    from django.urls import ResolverMatch

    class Bare(handler):
        def resolve_request(self, request: Any) -> ResolverMatch:
            code = request.path.strip("/").rpartition("/")[2]
            request.resolver_match = ResolverMatch(lambda _request: plain_view(code), (), {}, "plain")
            return request.resolver_match

    with override_settings(MIDDLEWARE=[]):
        made = Bare()
        made.load_middleware(is_async=issubclass(handler, ASGIHandler))
    return made


def serve() -> None:
    """Serve the four sides and the figures on a free port, which is printed with the link's code."""
    import socket

    import uvicorn
    from django.core.asgi import get_asgi_application
    from django.core.handlers.asgi import ASGIHandler
    from django.core.management import call_command
    from django.db import connection

    from shop.models import Click
    from shop.redirects import Redirects

    call_command("migrate", verbosity=0)
    code = make_link()
    connection.close()
    pages: Any = get_asgi_application()
    plain, redirects = bare_django(ASGIHandler), Redirects(pages)

    async def hello(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"location", b"https://juniper.example/lamp"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def figures(_scope: Any, _receive: Any, send: Any) -> None:
        told = {"cpu": time.process_time(), "map": len(redirects.map.links)}
        body = json.dumps(told).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    async def application(scope: Any, receive: Any, send: Any) -> None:
        side, _slash, rest = scope["path"][1:].partition("/")
        if side == "hello":
            await hello(scope, receive, send)
        elif side == "figures":
            await figures(scope, receive, send)
        elif side == "plain":
            await plain(scope, receive, send)
        else:
            inner = scope | {"path": f"/{rest}", "raw_path": f"/{rest}".encode()}
            await (redirects if side == "redirect" else pages)(inner, receive, send)

    assert Click.objects.count() == 0
    connection.close()
    door = socket.create_server(("127.0.0.1", 0))
    print(door.getsockname()[1], code, flush=True)
    config = uvicorn.Config(application, lifespan="off", log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[door])


def in_process(code: str, count: int) -> float:
    """CPU seconds of the plain view for one request, called as a WSGI server calls it, without the server."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import connection
    from django.test import RequestFactory

    connection.settings_dict["CONN_MAX_AGE"] = None
    handler = bare_django(WSGIHandler)
    environ = RequestFactory().get(f"/plain/s/{code}/").environ

    def call() -> None:
        told: list[str] = []
        list(handler(dict(environ), lambda status, headers: told.append(status)))
        assert told[0].startswith("302"), told

    call()
    began = time.process_time()
    for _ in range(count):
        call()
    return (time.process_time() - began) / count


def total_of_clicks() -> dict[str, int]:
    """The clicks in the database once the stream is drained, by who made them."""
    from shop.actions.links import drain_clicks
    from shop.models import Click

    drain_clicks()
    plain = Click.objects.filter(visitor="plain").count()
    return {"plain": plain, "others": Click.objects.count() - plain}


# --- The client ----------------------------------------------------------------------


class Caller(asyncio.Protocol):
    """Asks again as soon as the answer is there, until nothing is left to ask."""

    def __init__(self, request: bytes, left: list[int], done: asyncio.Event, wrong: list[bytes]) -> None:
        self.request, self.left, self.done, self.wrong = request, left, done, wrong
        self.buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        if self.left[0] <= 0:
            self.transport.close()
            return
        self.left[0] -= 1
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        if not head.startswith(b"HTTP/1.1 302") or b"juniper.example" not in head:
            self.wrong.append(head)
        # A redirect has no body; chunked answers end in an empty chunk.
        if b"chunked" in head and not rest.endswith(b"0\r\n\r\n"):
            return
        self.buffer = b""
        self.left[1] -= 1
        if self.left[1] == 0:
            self.done.set()
        self.ask()


async def ask_all(port: int, path: str, count: int) -> float:
    """Seconds for `count` redirects over 128 connections."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {BROWSER}\r\nReferer: https://a.example/\r\n\r\n"
    left, done = [count, count], asyncio.Event()
    wrong: list[bytes] = []
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: Caller(request.encode(), left, done, wrong), "127.0.0.1", port)
    await asyncio.wait_for(done.wait(), 300)
    assert not wrong, wrong[0]
    return time.perf_counter() - began


def figures(port: int) -> dict[str, float]:
    from http.client import HTTPConnection

    asked = HTTPConnection("127.0.0.1", port, timeout=30)
    asked.request("GET", "/figures")
    told = json.loads(asked.getresponse().read())
    asked.close()
    return told


def measure(port: int, side: str, code: str, count: int) -> tuple[float, float]:
    """(requests a second, CPU seconds of the server for one)."""
    path = f"/{side}/s/{code}/"
    began = figures(port)["cpu"]
    seconds = asyncio.run(ask_all(port, path, count))
    return count / seconds, (figures(port)["cpu"] - began) / count


def compare(port: int, code: str, requests: int, rounds: int) -> bool:
    share = {"hello": 4 * requests, "redirect": 4 * requests, "plain": requests, "view": requests // 4}
    best = dict.fromkeys(SIDES, (0.0, float("inf")))
    inside, sent = float("inf"), {"plain": 0, "others": 0}
    for side in SIDES:
        asyncio.run(ask_all(port, f"/{side}/s/{code}/", CONNECTIONS))
    until = time.monotonic() + 30
    while figures(port)["map"] == 0 and time.monotonic() < until:
        time.sleep(0.05)
    for _round in range(rounds):
        for side in SIDES:
            rate, cpu = measure(port, side, code, share[side])
            best[side] = (max(best[side][0], rate), min(best[side][1], cpu))
        inside = min(inside, in_process(code, requests // 4))
    sent["plain"] = CONNECTIONS + rounds * (share["plain"] + requests // 4 + 1)
    sent["others"] = 2 * CONNECTIONS + rounds * (share["view"] + share["redirect"])
    found = total_of_clicks()
    if found != sent:
        raise SystemExit(f"clicks are missing or doubled: {found} in the database, {sent} were made")
    return told(best, inside, requests, rounds)


def told(best: dict[str, tuple[float, float]], inside: float, requests: int, rounds: int) -> bool:
    print(f"redirect: {requests:,} requests a round, {CONNECTIONS} connections, best of {rounds}; every click counted")
    for side in SIDES:
        rate, cpu = best[side]
        print(f"  {side:<10} {rate:9,.0f} /s   {cpu * 1e6:7,.0f} µs CPU of the server each")
    print(f"  {'in process':<10} {'':>9}      {inside * 1e6:7,.0f} µs CPU: the plain view without any server")
    plain, redirect, hello = best["plain"], best["redirect"], best["hello"]
    by_rate, by_cpu = redirect[0] / plain[0], plain[1] / redirect[1]
    to_hello = hello[1] / redirect[1]
    met = by_rate >= GOAL_PLAIN and by_cpu >= GOAL_PLAIN
    print(
        f"  ratio to the plain view: {by_rate:.1f} in requests a second, {by_cpu:.1f} in CPU (goal ≥ {GOAL_PLAIN:g}: {verdict(met)})"
    )
    print(f"  ratio to the plain view without a server: {inside / redirect[1]:.1f} in CPU (no goal)")
    hello_met = to_hello >= GOAL_HELLO
    print(f"  ratio to the bare hello: {to_hello:.2f} in CPU (goal ≥ {GOAL_HELLO:g}: {verdict(hello_met)})")
    print(f"  again: python -m benchmarks.redirect --requests {requests}")
    return met and hello_met


def verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2_000, help="requests a round to the plain view")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if options.serve:
        import django

        django.setup()
        serve()
        return
    with tempfile.TemporaryDirectory(prefix="redirect-") as folder:
        met = with_valkey(Path(folder), lambda: against_server(options.requests, options.rounds))
    raise SystemExit(0 if met else 1)


def with_valkey(folder: Path, run: Callable[[], bool]) -> bool:
    """Set the environment, with a Valkey that syncs every write, for this process and the server."""
    from redis import Redis

    os.environ |= {"DATA_DIR": str(folder), "DATABASE_URL": "", "LOG_LEVEL": "ERROR", "PRODUCTION": "0", "DEBUG": "0"}
    from portal.supervisor.valkey import answers, find_valkey, valkey_child

    program = find_valkey()
    if program is None:
        print("redirect: skipped, there is no Valkey on this machine")
        return True
    child, url = valkey_child(program, folder / "valkey")
    child.start(time.monotonic())
    try:
        while not answers(url):
            time.sleep(0.02)
        with Redis.from_url(url) as redis:
            redis.config_set("appendfsync", "always")
        os.environ["REDIS_URL"] = url
        return run()
    finally:
        child.kill_all()


def against_server(requests: int, rounds: int) -> bool:
    import django

    django.setup()
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.redirect", "--serve"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        port, code = child.stdout.readline().split()
        return compare(int(port), code, requests, rounds)
    finally:
        child.terminate()
        child.wait()


if __name__ == "__main__":
    main()
