"""Emojis by keyboard: staff look at new art with their keys, and the creator picks one in the chat."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.accounts.models import Creator
from portal.testing.cast import person
from subscriptions.actions.chat import open_room
from subscriptions.actions.emojis import add_emoji
from subscriptions.models import EmojiVersion
from subscriptions.tests.browser.test_subscribe import kitchen, live_box, sign_in  # noqa: F401
from subscriptions.tests.emojis.pictures import drawing


@pytest.fixture
def waiting(kitchen: Creator) -> list[EmojiVersion]:  # noqa: F811
    now = kitchen.tiers.get().created_at
    return [
        add_emoji(creator=kitchen, name=name, image=drawing(color), now=now).versions.get()
        for name, color in (("pan", "navy"), ("egg", "gold"))
    ]


def test_keys_approve_reject_and_pick(asgi_server: str, waiting: list[EmojiVersion], page: Page) -> None:
    sign_in(page, asgi_server, person("Robin", is_staff=True))
    page.goto(f"{asgi_server}/staff/emojis/")
    expect(page.get_by_role("heading", name=":pan:")).to_be_visible()
    page.get_by_label("Note for the creator").fill("a note with an n and a 2 in it")
    expect(page.get_by_role("heading", name=":pan:")).to_be_visible()
    page.get_by_label("Note for the creator").fill("")
    page.locator("h1").click()
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name=":egg:")).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    assert [version.state for version in EmojiVersion.objects.order_by("pk")] == ["approved", "rejected"]

    creator = waiting[0].emoji.creator
    open_room(creator=creator)
    sign_in(page, asgi_server, creator.user)
    page.goto(f"{asgi_server}/@mika/chat/")
    page.get_by_label("Message", exact=True).fill("Tonight")
    page.get_by_role("button", name="Emojis you can use").press("Enter")
    expect(page.get_by_role("button", name=":pan:")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Tonight :pan: ")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("log").get_by_alt_text(":pan:")).to_be_visible()


def test_without_scripts_the_names_can_be_read_and_the_buttons_pressed(
    asgi_server: str, waiting: list[EmojiVersion], browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, asgi_server, person("Robin", is_staff=True))
    page.goto(f"{asgi_server}/staff/emojis/")
    page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.get_by_role("heading", name=":egg:")).to_be_visible()
    creator = waiting[0].emoji.creator
    open_room(creator=creator)
    sign_in(page, asgi_server, creator.user)
    page.goto(f"{asgi_server}/@mika/chat/")
    page.get_by_role("button", name="Emojis you can use").click()
    expect(page.get_by_text(":pan:")).to_be_visible()
    context.close()
