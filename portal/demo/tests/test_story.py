"""The demo is the integration test: a month told with the real actions, then walked through as each person."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import resolve

from portal.demo.people import ROLES
from portal.demo.story import AlreadyTold, month_of, tell
from portal.ledger.queries import books
from portal.payouts.models import Payout, PayoutRun
from portal.sandbox import engine
from portal.sandbox.engine import Sandbox
from subscriptions.models import Membership

UNTIL = datetime(2026, 11, 23, 12, tzinfo=UTC)
LINK = re.compile(r'href="(/[^"#]*)"')
# Pages that leave the portal, hand out a file, or do something when they are merely looked at.
NOT_FOLLOWED = re.compile(
    r"^/(css|static|media|sandbox|demo/sign-in|accounts|admin/(logout|jsi18n)|s/|api)|/emoji/|\.(svg|png|css|js)$"
)
EVERY_ROLE_SEES = {
    "creator": {
        "/studio/tiers/",
        "/studio/rewards/",
        "/studio/earnings/",
        "/studio/payouts/",
        "/studio/shop/",
        "/@mika/",
    },
    "small-creator": {"/studio/shop/", "/studio/programs/", "/studio/payouts/"},
    "fan": {"/me/memberships/", "/me/library/", "/academy/", "/@mika/", "/@mika/chat/"},
    "brand": {"/brand/", "/brand/products/", "/brand/orders/"},
    "staff": {"/books/", "/admin/", "/ops/payout-runs/"},
}


@pytest.fixture
def world(tmp_path: Path, settings: object) -> Iterator[Sandbox]:
    """A sandbox of its own whose time is the process's, as in the command."""
    settings.SANDBOX_STORE = tmp_path / "sandbox.sqlite3"  # type: ignore[attr-defined]
    fresh = engine.from_settings(notify=lambda: None)
    before = engine.use(fresh)
    yield fresh
    engine.use(before)
    fresh.store.close()


def crawl(client: Client, start: str) -> dict[str, int]:
    """Pages that can be reached by clicking, at most two addresses of each kind of page: path → status."""
    found: dict[str, int] = {}
    kinds: Counter[str] = Counter()
    waiting = [start]
    while waiting:
        path = waiting.pop(0)
        kind = resolve(path.partition("?")[0]).view_name
        if path in found or kinds[kind] == 2:
            continue
        kinds[kind] += 1
        answer = client.get(path, follow=True)
        # A post that is not open to this person is a page with its teaser and the way in; 403 says so to machines.
        is_locked = kind == "post_detail" and answer.status_code == 403
        found[path] = 200 if is_locked else answer.status_code
        if "text/html" in answer.headers.get("Content-Type", "") and not path.startswith("/admin/"):
            links = (link.replace("&amp;", "&") for link in LINK.findall(answer.content.decode()))
            waiting += [link for link in links if not NOT_FOLLOWED.search(link)]
    return found


def test_a_month_is_told_and_everybody_can_walk_through_it(transactional_db: None, world: Sandbox) -> None:
    told = tell(until=UNTIL, say=lambda sentence: None)
    assert told.holds
    assert world.findings == []
    assert {what: told.counts[what] for what in ("creators", "fans", "memberships", "lessons", "orders", "views")} == {
        "creators": 4,
        "fans": 11,
        "memberships": 10,
        "lessons": 26,
        "orders": 40,
        "views": 152_370,
    }
    assert told.counts["views"] == told.counts["views rated"]
    assert PayoutRun.objects.get().stage == PayoutRun.Stage.DONE
    sent = sum(Payout.objects.filter(currency="usd").values_list("amount_minor", flat=True))
    transfers = [row for row in world.all("transfer") if row["currency"] == "usd"]
    assert sent == sum(row["amount"] - row["amount_reversed"] for row in transfers)
    assert sum(amount for code, amount in books().items() if code.endswith(":usd")) == 0
    assert Membership.objects.going_on().count() < Membership.objects.count()
    with pytest.raises(AlreadyTold, match="only to an empty one"):
        tell(until=UNTIL, say=lambda sentence: None)
    for role in ROLES:
        client = Client()
        assert client.get(f"/demo/sign-in/{role.slug}/").headers["Location"] == "/"
        pages = crawl(client, "/")
        assert {path: status for path, status in pages.items() if status != 200} == {}, role.slug
        assert EVERY_ROLE_SEES[role.slug] <= set(pages), role.slug


@pytest.mark.parametrize(
    ("until", "month"),
    [
        ("2026-11-23", "2026-10-01"),
        ("2026-11-10", "2026-09-01"),
        ("2026-01-31", "2025-12-01"),
        ("2026-03-22", "2026-01-01"),
    ],
)
def test_the_month_is_the_last_one_whose_payday_has_settled(until: str, month: str) -> None:
    assert month_of(datetime.fromisoformat(until).replace(tzinfo=UTC)).isoformat() == month


def test_a_day_that_is_none_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="is no day"):
        call_command("demo", until="yesterday")


def test_production_tells_no_demo(db: None, settings: object) -> None:
    settings.PRODUCTION = True  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="play money only"):
        call_command("demo")
