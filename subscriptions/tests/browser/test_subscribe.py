"""A fan joins as people do: through the creator's page, the hosted checkout and the thank-you page, to the post."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from portal.programs.actions import enroll
from portal.programs.defaults import install
from portal.programs.models import Program
from portal.sandbox import engine
from portal.sandbox.engine import Sandbox
from portal.testing.cast import creator, person
from subscriptions.actions.posts import write_post
from subscriptions.models import Benefit, Membership, Post, RevenueShare
from subscriptions.tests.conftest import make_tier


@pytest.fixture
def live_box(asgi_server: str, tmp_path: Path, settings: object) -> Iterator[Sandbox]:
    """A sandbox on today's time whose hosted pages lie on the live server; its events are brought in at once."""
    settings.SANDBOX_STORE = tmp_path / "sandbox.sqlite3"  # type: ignore[attr-defined]
    fresh = engine.from_settings(notify=lambda: None)
    before = engine.use(fresh)
    yield fresh
    assert fresh.findings == []
    engine.use(before)
    fresh.store.close()


@pytest.fixture
def kitchen(live_box: Sandbox, db: None) -> Creator:
    """Mika with one tier on sale and one post for members."""
    now = datetime.now(UTC) - timedelta(hours=1)
    install(now)
    RevenueShare.install_first()
    mika = creator(person("Mika"), followers=182_000, views_30d=2_400_000, measured_at=now)
    enroll(creator=mika, program=Program.SUBSCRIPTIONS, now=now)
    make_tier(mika, now, name="Table", amount=499, kinds=(Benefit.Kind.BADGE, Benefit.Kind.CONTENT), badge="TABLE")
    write_post(
        creator=mika,
        title="Tuesday rice",
        teaser="The order matters.",
        body="Egg first, **out again**.",
        audience=Post.Audience.MEMBERS,
        publish=True,
        now=now,
    )
    return mika


def sign_in(page: Page, address: str, user: User) -> None:
    client = Client()
    client.force_login(user)
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": address}])


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_fan_pays_with_4242_and_reads_the_post(
    asgi_server: str, kitchen: Creator, browser: Browser, scripts: bool
) -> None:
    sam = person("Sam")
    context = browser.new_context(java_script_enabled=scripts, locale="en-US")
    page = context.new_page()
    sign_in(page, asgi_server, sam)
    page.goto(f"{asgi_server}/@mika/")
    page.get_by_role("link", name="Tuesday rice").click()
    expect(page.get_by_text("out again")).to_have_count(0)
    page.goto(f"{asgi_server}/@mika/")
    page.get_by_role("button", name="Join Table").click()
    expect(page.get_by_text("You pay $4.99 now.")).to_be_visible()
    page.get_by_role("button", name="Go to the payment").click()
    expect(page).to_have_url(re.compile("/sandbox/"))
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Subscribe").click()
    expect(page).to_have_url(re.compile("/me/checkouts/"))
    page.goto(f"{asgi_server}/me/library/")
    page.get_by_role("link", name="Tuesday rice").click()
    expect(page.get_by_text("out again")).to_be_visible()
    assert Membership.objects.get().fan == sam
    # $4.99, card fee of 2.9 % + 30 cents, and the share of the platform: nothing leaked.
    assert books() == {
        "stripe:usd": 455,
        "expense:stripe_fee:usd": 44,
        "income:platform_fee:usd": -50,
        "creator:mika:pending:usd": -449,
    }
    context.close()


def test_a_declined_card_says_so_and_another_one_works(asgi_server: str, kitchen: Creator, page: Page) -> None:
    sign_in(page, asgi_server, person("Sam"))
    page.goto(f"{asgi_server}/@mika/")
    page.get_by_role("button", name="Join Table").click()
    expect(page.get_by_text("You pay $4.99 now.")).to_be_visible()
    page.get_by_role("button", name="Go to the payment").click()
    page.get_by_label("Card number").fill("4000000000000002")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_text("declined").first).to_be_visible()
    page.get_by_label("Card number").fill("4242424242424242")
    page.get_by_role("button", name="Subscribe").click()
    expect(page).to_have_url(re.compile("/me/checkouts/"))
