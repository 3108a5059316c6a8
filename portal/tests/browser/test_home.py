from playwright.sync_api import Page, expect

from portal.testing.browser import Console


def test_home_opens_without_a_complaint(asgi_server: str, page: Page, console: Console) -> None:
    answer = page.goto(asgi_server + "/")
    assert answer is not None
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    expect(page.locator("h1")).to_be_visible()
    # The style sheet has arrived and is in force, and the first link is reached by the keyboard.
    assert page.evaluate("document.styleSheets.length") > 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement !== document.body")
    assert console.complaints == []


def test_inline_script_would_be_noticed(asgi_server: str, page: Page, console: Console) -> None:
    page.goto(asgi_server + "/")
    page.evaluate("document.body.setAttribute('onclick', 'document.title = 1')")
    page.locator("h1").click()
    assert any("Content Security Policy" in complaint for complaint in console.complaints)
