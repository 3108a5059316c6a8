"""A fan's whole life with a creator, page by page: joins, upgrades, a card fails, another is given, leaves, comes back.

At each step the fan reads what has happened, what is charged next and when. Time passes for everybody: the provider, our
doors and the pages.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import formats
from playwright.sync_api import Browser, Page, expect

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from portal.sandbox.engine import Sandbox
from portal.testing.cast import person
from portal.testing.stripe import Deliver
from subscriptions.models import Benefit, Membership
from subscriptions.tests.browser.test_subscribe import kitchen, live_box, sign_in
from subscriptions.tests.conftest import make_tier

__all__ = ["kitchen", "live_box"]
PAYS, FAILS = "4242 4242 4242 4242", "4000 0000 0000 0341"


@pytest.fixture
def box(live_box: Sandbox, settings: Any) -> Sandbox:
    """The one whose hosted pages a browser can open. Its clock goes on when it is told to, and only then."""
    # The events come by Django's own client.
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    start = datetime.now(UTC).replace(microsecond=0)
    live_box.clock = lambda: start
    return live_box


@pytest.fixture
def house(kitchen: Creator) -> Creator:
    """Mika with a second, dearer tier."""
    now = kitchen.tiers.get().created_at
    make_tier(kitchen, now, name="House", amount=999, kinds=(Benefit.Kind.CHAT,), badge="HOUSE")
    return kitchen


@contextmanager
def at(moment: datetime, box: Sandbox, deliver: Deliver, page: Page, address: str, fan: User) -> Iterator[None]:
    """Everybody's clock goes there; weeks later people sign in again."""
    box.advance_to(moment)
    deliver()
    with time_machine.travel(moment, tick=False):
        sign_in(page, address, fan)
        yield


def says(page: Page, *sentences: str) -> None:
    for sentence in sentences:
        expect(page.get_by_text(sentence).first).to_be_visible()


def day(moment: datetime | None) -> str:
    """As the pages write it."""
    assert moment is not None
    return formats.date_format(moment, "DATE_FORMAT")


def pay(page: Page, card: str) -> None:
    expect(page).to_have_url(re.compile("/sandbox/"))
    page.get_by_label("Card number").fill(card)
    page.get_by_role("button", name="Subscribe").click()
    expect(page).to_have_url(re.compile("/me/checkouts/"))


def give_card(page: Page, address: str, card: str, button: str) -> None:
    page.goto(f"{address}/me/memberships/")
    page.get_by_role("button", name=button).first.click()
    expect(page).to_have_url(re.compile("/sandbox/"))
    # The address changes before the page is there, and `is_visible` does not wait.
    page.wait_for_load_state()
    if not page.get_by_label("Card number").is_visible():
        page.get_by_text("Use another card").click()
    page.get_by_label("Card number").fill(card)
    page.get_by_role("button", name="Save card").click()


def join_and_upgrade(page: Page, address: str, deliver: Deliver) -> Membership:
    page.goto(f"{address}/@mika/")
    page.get_by_role("button", name="Join Table").click()
    says(page, "You pay $4.99 now.")
    page.get_by_role("button", name="Go to the payment").click()
    pay(page, PAYS)
    deliver()
    says(page, "Table")
    # More, at once: the difference, to the cent.
    page.goto(f"{address}/me/memberships/")
    page.get_by_role("link", name="Change plan").click()
    page.get_by_role("button", name="$9.99").click()
    says(page, "You pay $5.00 now.", "What is shown is what is charged.")
    page.get_by_role("button", name="Pay $5.00 and change").click()
    deliver()
    page.goto(f"{address}/me/memberships/")
    membership = Membership.objects.get()
    says(page, "House", "$9.99", f"on {day(membership.period_end_at)}")
    return membership


def fix_the_card(page: Page, address: str, deliver: Deliver, membership: Membership) -> None:
    """The payment has failed; everything is open still, and another card is charged at once."""
    page.goto(f"{address}/me/memberships/")
    says(page, "payment failed", "We try your card again on", "and you owe nothing.")
    page.goto(f"{address}/me/library/")
    page.get_by_role("link", name="Tuesday rice").click()
    says(page, "out again")
    give_card(page, address, PAYS, "Give another card")
    deliver()
    page.goto(f"{address}/me/memberships/")
    membership.refresh_from_db()
    expect(page.get_by_text("payment failed")).to_have_count(0)
    says(page, f"on {day(membership.period_end_at)}")


def leave(page: Page, address: str, deliver: Deliver, membership: Membership) -> None:
    """Two steps, and until when everything stays open."""
    page.get_by_role("link", name="Cancel", exact=True).click()
    says(page, "Leave Mika?", "You can change your mind until then.")
    page.get_by_role("button", name="Cancel the membership").click()
    deliver()
    page.goto(f"{address}/me/memberships/")
    says(page, f"None. You have everything until {day(membership.period_end_at)}.")


def come_back(page: Page, address: str, deliver: Deliver) -> None:
    """Closed after the end; then the same membership, at the lower tier's price."""
    page.goto(f"{address}/me/memberships/")
    says(page, "ended")
    page.goto(f"{address}/@mika/")
    page.get_by_role("link", name="Tuesday rice").click()
    expect(page.get_by_text("out again")).to_have_count(0)
    page.goto(f"{address}/me/memberships/")
    page.get_by_role("link", name="Come back").click()
    page.get_by_role("button", name="Join Table").click()
    says(page, "You pay $4.99 now.")
    page.get_by_role("button", name="Go to the payment").click()
    pay(page, PAYS)
    deliver()
    page.goto(f"{address}/me/library/")
    page.get_by_role("link", name="Tuesday rice").click()
    says(page, "out again")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_join_upgrade_fail_fix_the_card_leave_and_come_back(
    asgi_server: str, box: Sandbox, house: Creator, deliver: Deliver, browser: Browser, scripts: bool
) -> None:
    sam, address = person("Sam"), asgi_server
    context = browser.new_context(java_script_enabled=scripts, locale="en-US")
    page = context.new_page()
    with at(box.today(), box, deliver, page, address, sam):
        membership = join_and_upgrade(page, address, deliver)
        give_card(page, address, FAILS, "Change my card")
        deliver()
    due = membership.period_end_at
    assert due is not None
    with at(due + timedelta(hours=3), box, deliver, page, address, sam):
        fix_the_card(page, address, deliver, membership)
        leave(page, address, deliver, membership)
    end = membership.period_end_at
    assert end is not None
    with at(end + timedelta(hours=2), box, deliver, page, address, sam):
        come_back(page, address, deliver)
    again = Membership.objects.get()
    assert (again.pk, again.status, again.joined_at) == (membership.pk, "active", membership.joined_at)
    # $4.99, $5.00, $9.99 and $4.99: what was read on the pages is what was charged.
    assert sum(row["amount"] for row in box.all("charge") if row["paid"]) == 499 + 500 + 999 + 499
    assert sum(books("creator:").values()) == -(449 + 450 + 899 + 449)
    context.close()
