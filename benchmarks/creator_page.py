"""A creator's page (3 tiers, 20 posts) through all middleware, against the smallest page of the same server.

    python -m benchmarks.creator_page                  200 pages a round, best of 5
    python -m benchmarks.creator_page --pages 1000

One process serves all sides over HTTP, a connection a request, as a worker of a WSGI server does. The reference is a
view that answers "Hello", without database and template, behind the middleware of Django's project template; a third side
has no middleware at all and is told for comparison. The sides take turns; the CPU seconds of the server are compared,
those of the client do not count. The page is asked for by a stranger, its queries are counted, its content is checked.
The database is SQLite with a connection that stays open.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

GOAL_RATIO, GOAL_QUERIES = 20.0, 6
TIERS, POSTS = 3, 20
PAGE, HELLO, BARE, FIGURES = "/@mika/", "/hello/", "/bare/", "/figures/"
USUAL = [
    f"django.{name}"
    for name in (
        "middleware.security.SecurityMiddleware",
        "contrib.sessions.middleware.SessionMiddleware",
        "middleware.common.CommonMiddleware",
        "middleware.csrf.CsrfViewMiddleware",
        "contrib.auth.middleware.AuthenticationMiddleware",
        "contrib.messages.middleware.MessageMiddleware",
        "middleware.clickjacking.XFrameOptionsMiddleware",
    )
]
AT = datetime(2026, 5, 15, 12, 0, tzinfo=UTC)


def make_creator() -> None:
    """A creator with tiers and posts in the database."""
    from portal.accounts.models import Creator, User
    from subscriptions.actions.posts import write_post
    from subscriptions.actions.tiers import add_tier, ensure_benefit
    from subscriptions.models import Benefit, Post, Tier, TierPrice

    user = User.objects.create_user("mika@example.com", name="Mika")
    creator = Creator.objects.create(user=user, handle="mika", display_name="Mika", intro="Bread, slowly.")
    kinds = [Benefit.Kind.BADGE, Benefit.Kind.CONTENT, Benefit.Kind.CHAT]
    benefits = [ensure_benefit(creator=creator, kind=kind, title=kind.title()) for kind in kinds]
    for n in range(TIERS):
        add_tier(creator=creator, name=f"Tier {n}", amount_minor=500 * (n + 1), benefits=benefits[: n + 1], now=AT)
    # As the provider would have answered; it is not what is measured.
    TierPrice.objects.update(stripe_price_id="price_of_benchmark")
    Tier.objects.update(stripe_product_id="prod_of_benchmark", published_at=AT)
    tiers = list(creator.tiers.all())
    for n in range(POSTS):
        tier = tiers[n % TIERS]
        audience = Post.Audience.TIER if n % 2 else Post.Audience.PUBLIC
        write_post(
            creator=creator,
            title=f"Post number {n}",
            teaser="A few words that everybody may read, before the door. " * 2,
            body="Words. " * 200,
            audience=audience,
            tier=tier if n % 2 else None,
            now=AT,
        )
    Post.objects.update(published_at=AT)


# --- The server: a process of its own ------------------------------------------------


def hello_handler(middleware: list[str]) -> Any:
    """A WSGI application that answers "Hello" to everything, behind this middleware."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.http import HttpRequest, HttpResponse
    from django.test.utils import override_settings
    from django.urls import ResolverMatch

    def hello(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("Hello")

    class Hello(WSGIHandler):
        def resolve_request(self, request: HttpRequest) -> ResolverMatch:
            request.resolver_match = ResolverMatch(hello, (), {}, "hello")
            return request.resolver_match

    with override_settings(MIDDLEWARE=middleware):
        return Hello()


def serve() -> None:
    """Serve the page, the reference and the figures on a free port, which is printed."""
    from wsgiref.simple_server import WSGIServer

    from django.core.handlers.wsgi import WSGIHandler
    from django.core.management import call_command
    from django.core.servers.basehttp import WSGIRequestHandler
    from django.db import connection

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_arguments: Any) -> None:
            """Writing a log is not what is measured."""

    call_command("migrate", verbosity=0)
    make_creator()
    connection.settings_dict["CONN_MAX_AGE"] = None

    hellos = {HELLO: hello_handler(USUAL), BARE: hello_handler([])}
    portal, queries = WSGIHandler(), [0]

    def application(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if hello := hellos.get(environ["PATH_INFO"]):
            return hello(environ, start)
        if environ["PATH_INFO"] == FIGURES:
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"cpu": time.process_time(), "queries": queries[0]}).encode()]
        if environ["QUERY_STRING"] == "count":
            with connection.execute_wrapper(counting):
                queries[0] = 0
                return portal(environ, start)
        return portal(environ, start)

    def counting(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        queries[0] += 1
        return execute(sql, params, many, context)

    server = WSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(application)
    print(server.server_port, flush=True)
    server.serve_forever()


# --- The client, and what it finds ---------------------------------------------------


def get(port: int, path: str) -> bytes:
    asked = http.client.HTTPConnection("localhost", port, timeout=30)
    asked.request("GET", path, headers={"Accept-Language": "en"})
    answer = asked.getresponse()
    body = answer.read()
    asked.close()
    assert answer.status == 200, f"{path}: {answer.status}"
    return body


def figures(port: int) -> dict[str, float]:
    return json.loads(get(port, FIGURES))


def cpu_of(port: int, path: str, count: int) -> float:
    """CPU seconds of the server for one request."""
    began = figures(port)["cpu"]
    for _ in range(count):
        get(port, path)
    return (figures(port)["cpu"] - began) / count


def compare(port: int, pages: int, rounds: int) -> bool:
    text = get(port, PAGE).decode()
    assert all(f"Post number {n}<" in text for n in range(POSTS)) and text.count("tier-card__price") == TIERS
    assert get(port, HELLO) == b"Hello"
    get(port, f"{PAGE}?count")
    queries = int(figures(port)["queries"])
    best = dict.fromkeys((PAGE, HELLO, BARE), float("inf"))
    for _round in range(rounds):
        for path, count in ((PAGE, pages), (HELLO, pages * 5), (BARE, pages * 5)):
            best[path] = min(best[path], cpu_of(port, path, count))
    ratio = best[PAGE] / best[HELLO]
    print(f"creator_page: {TIERS} tiers, {POSTS} posts, {len(text):,} bytes; {pages} pages a round, best of {rounds}")
    print(f"  the page, all middleware   {best[PAGE] * 1e6:8,.0f} µs CPU of the server each")
    print(f"  Django's hello             {best[HELLO] * 1e6:8,.0f} µs CPU of the server each")
    print(f"  the same, no middleware    {best[BARE] * 1e6:8,.0f} µs CPU of the server each")
    print(f"  ratio page to hello: {ratio:.1f} (goal ≤ {GOAL_RATIO:g}: {'met' if ratio <= GOAL_RATIO else 'MISSED'})")
    print(f"  queries: {queries} (goal ≤ {GOAL_QUERIES}: {'met' if queries <= GOAL_QUERIES else 'MISSED'})")
    print(f"  again: python -m benchmarks.creator_page --pages {pages}")
    return ratio <= GOAL_RATIO and 0 < queries <= GOAL_QUERIES


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=200, help="pages a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        import django

        django.setup()
        serve()
    # A database of its own: the settings read where it lies when they are loaded.
    with tempfile.TemporaryDirectory(prefix="creator-page-") as folder:
        environment = {"DATA_DIR": folder, "DATABASE_URL": "", "REDIS_URL": "", "LOG_LEVEL": "ERROR"}
        environment |= {"DJANGO_SETTINGS_MODULE": "portal.settings", "PRODUCTION": "0", "DEBUG": "0"}
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.creator_page", "--serve"],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert child.stdout is not None
            met = compare(int(child.stdout.readline()), options.pages, options.rounds)
        finally:
            child.terminate()
            child.wait()
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
