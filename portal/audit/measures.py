"""What a page weighs on the wire, and how fast it answers a finger on a slow phone."""

import re
import urllib.error
import urllib.request
from functools import cache
from html import unescape
from urllib.parse import urljoin

from playwright.async_api import Browser

from portal.audit import bars
from portal.audit.browser import context_for, open_page, script
from portal.audit.plan import Visit

LOADED = re.compile(r"<(link|script|img|source|video|audio)\b([^>]*)>", re.IGNORECASE)
ADDRESS = re.compile(r"""\s(?:href|src)=(?:"([^"]*)"|'([^']*)')""")


class NotRedirected(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


_opener = urllib.request.build_opener(NotRedirected)


@cache
def size(url: str, cookie: str = "") -> int:
    """Bytes of the body as it is sent to a browser that takes brotli."""
    headers = {"Accept-Encoding": "br, gzip", **({"Cookie": cookie} if cookie else {})}
    try:
        with _opener.open(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return len(answer.read())
    except urllib.error.HTTPError as error:
        return len(error.read())


def parts(html: str) -> list[tuple[str, str]]:
    """What a page loads: [(kind, address)] with the kinds css, script and other. Lazy images come later."""
    found = []
    for tag, attributes in LOADED.findall(html):
        match = ADDRESS.search(attributes)
        if match is None or 'loading="lazy"' in attributes:
            continue
        address = unescape(match.group(1) or match.group(2))
        if tag == "link" and "stylesheet" not in attributes and "icon" not in attributes:
            continue
        kind = {"script": "script"}.get(tag, "css" if tag == "link" and "stylesheet" in attributes else "other")
        if not address.startswith("data:"):
            found.append((kind, address))
    return list(dict.fromkeys(found))


def weight(address: str, visit: Visit, html: str) -> dict[str, int]:
    """{css, script, own, other, html, page}: bytes of a first visit."""
    url = address + visit.path
    weighed = {"css": 0, "script": 0, "own": 0, "other": 0}
    for kind, part in parts(html):
        bytes_ = size(urljoin(url, part), f"sessionid={visit.session}" if visit.session else "")
        weighed[kind] += bytes_
        if kind == "script" and "/static/js/" in part:
            weighed["own"] += bytes_
    weighed["html"] = size(url, f"sessionid={visit.session}" if visit.session else "")
    return {**weighed, "page": sum(weighed[kind] for kind in ("css", "script", "other", "html"))}


def overweight(weighed: dict[str, int]) -> list[str]:
    limits = {"css": bars.CSS, "script": bars.SCRIPTS, "own": bars.OWN_SCRIPTS, "page": bars.PAGE}
    return [
        f"{kind}: {weighed[kind] / 1000:.1f} KB of {most / 1000:.0f}"
        for kind, most in limits.items()
        if weighed[kind] > most
    ]


async def vitals(browser: Browser, address: str, visit: Visit) -> dict[str, float]:
    """{lcp, cls, blocked, inp} of one visit on a phone whose processor is four times slower, in ms and shift."""
    context = await context_for(
        browser, address, visit.session, "en", viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True
    )
    try:
        await context.add_init_script(script("measure"))
        page = await context.new_page()
        devtools = await context.new_cdp_session(page)
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": bars.CPU_SLOWDOWN})
        await open_page(page, address + visit.path)
        # Whatever opens or takes letters without leaving the page.
        for control in ("[popovertarget]", "summary", "button[type=button]", "input[type=text], input[type=search]"):
            first = page.locator(f"{control} >> visible=true").first
            if await first.count():
                await first.tap(timeout=3_000, no_wait_after=True)
                await page.keyboard.press("Escape")
        await page.locator("h1").first.tap(timeout=3_000)
        await page.wait_for_timeout(300)
        return dict(await page.evaluate("() => window.__audit"))
    finally:
        await context.close()
