"""Each check of the browser finds a page that is bad in its way, and nothing on one that is good."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from portal.audit import browser
from portal.audit.fast import in_thread
from portal.testing.browser import find_chromium

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium")
GOOD = (
    '<!doctype html><html lang="en"><head><title>Good</title><meta name="viewport" content="width=device-width">'
    "</head><body><main><h1>Good</h1><p>Plain words.</p><a href='#a'>One</a> <button>Two</button></main></body></html>"
)


def seen(html: str, check: Callable[[Any], Awaitable[Any]]) -> Any:
    """What a check says about a page that is written here."""
    told: list[Any] = []

    async def look() -> None:
        async with browser.chromium() as chromium:
            page = await chromium.new_page()
            await page.set_content(html)
            told.append(await check(page))

    in_thread(lambda: asyncio.run(look()))
    return told[0]


def test_axe_finds_an_unnamed_button_and_pale_words() -> None:
    assert seen(GOOD, browser.axe) == []
    found = seen(GOOD.replace("Two", ""), browser.axe)
    assert [fault.split(":")[0] for fault in found] == ["button-name"]
    pale = seen(GOOD.replace("<p>", "<p style='color: #ccc; background: #fff'>"), browser.axe)
    assert [fault.split(":")[0] for fault in pale] == ["color-contrast"]


def test_reflow_finds_what_is_wider_than_a_phone() -> None:
    assert seen(GOOD, browser.reflow) == []
    wide = "<div class='wide' style='inline-size: 400px'>x</div></main>"
    assert seen(GOOD.replace("</main>", wide), browser.reflow) == [("320 px", "408 px of 320: div.wide")]
    inside = f"<div style='overflow-x: auto'>{wide.removesuffix('</main>')}</div></main>"
    assert seen(GOOD.replace("</main>", inside), browser.reflow) == []


def test_reflow_finds_what_large_letters_push_out() -> None:
    stiff = "<div style='inline-size: 50rem; white-space: nowrap'>x</div></main>"
    assert [where for where, _what in seen(GOOD.replace("</main>", stiff), browser.reflow)] == [
        "320 px",
        "text at 200 %",
    ]


def test_the_keyboard_walk_finds_what_is_not_reached_seen_or_free() -> None:
    assert seen(GOOD, browser.keyboard) == []
    unseen = GOOD.replace("<button>", "<button style='outline: none'>")
    assert seen(unseen, browser.keyboard) == ["“Two” shows no focus"]
    covered = GOOD.replace("</main>", "<div style='position: fixed; inset: 0; background: white'>x</div></main>")
    assert seen(covered, browser.keyboard) == ["“One” is covered", "“Two” is covered"]
    trap = GOOD.replace("<a href='#a'>", "<a href='#a' onkeydown='event.preventDefault()'>")
    assert seen(trap, browser.keyboard) == ["“Two” is not reached by Tab"]


def test_the_console_is_heard() -> None:
    async def listen(page: Any) -> list[str]:
        eyes = browser.Eyes()
        eyes.watch(page)
        await page.evaluate("() => { console.error('the pipe has burst'); }")
        async with page.expect_event("pageerror"):
            await page.evaluate("() => setTimeout(() => { throw new Error('and again') })")
        return eyes.complaints

    assert seen(GOOD, listen) == ["error: the pipe has burst", "script error: and again"]
