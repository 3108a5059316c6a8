"""One Chromium looks at every page: in each language once, then resized and recolored without loading again."""

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import axe_playwright_python
from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright

from portal.audit import bars
from portal.audit.finding import Finding, Report
from portal.audit.plan import Visit
from portal.testing.browser import find_chromium

SCRIPTS = Path(__file__).parent / "js"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
LOADING = 60_000
# Colors that are still on their way to the other theme would be judged in between.
AT_REST = "() => document.getAnimations().forEach((one) => { try { one.finish() } catch { one.cancel() } })"
# Choosing among thousands is Django's, with a library and a script of its own.
NOT_OURS = [".select2", ".selector .help-tooltip"]
TALLEST = 8_000
# Said by Chromium of an answer that the page is meant to have.
EXPECTED = ("the server responded with a status of",)
OF_COLOR = ("color-contrast", "link-in-text-block")
# Django's and ninja's own pages: they bring their own markup and controls; colors, names and policy are ours.
FOREIGN_CHECKS = frozenset({"axe", "console"})


class NoChromium(Exception):
    def __str__(self) -> str:
        return "no Chromium: apt-get install chromium, or set CHROMIUM_PATH"


@dataclass(frozen=True)
class View:
    """How a page is looked at."""

    portal: str
    language: str
    checks: frozenset[str]
    is_fast: bool = False

    def __str__(self) -> str:
        return f"{self.portal} {self.language}"

    def looks(self, visit: Visit) -> list[tuple[int, str]]:
        """[(width, theme)] to hold a page in: all; where it must be fast one, another on each page."""
        every = [(width, theme) for width in bars.WIDTHS for theme in bars.THEMES]
        # The back office is one template drawn two hundred times.
        one = self.is_fast or visit.is_foreign
        return [every[crc32(visit.name.encode()) % len(every)]] if one else every


@dataclass
class Eyes:
    """What one page is seen to do while it loads."""

    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("requestfailed", lambda request: self._miss(request.url, request.failure or ""))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not any(known in text for known in EXPECTED):
            self.complaints.append(f"{kind}: {text[:200]}")

    def _miss(self, url: str, why: str) -> None:
        if why != "net::ERR_ABORTED":
            self.complaints.append(f"not loaded: {url} ({why})")


@asynccontextmanager
async def chromium() -> Any:
    program = find_chromium()
    if program is None:
        raise NoChromium
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", "0")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


async def context_for(browser: Browser, address: str, session: str, language: str, **more: Any) -> BrowserContext:
    """A browser profile of a person: signed in by cookie, reading in `language`, at rest."""
    options: dict[str, Any] = {"locale": language, "timezone_id": "UTC", "reduced_motion": "reduce"}
    context = await browser.new_context(**options | {"viewport": {"width": 1280, "height": 800}} | more)
    if session:
        await context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    context.set_default_timeout(LOADING)
    return context


def script(name: str) -> str:
    return (SCRIPTS / f"{name}.js").read_text()


async def open_page(page: Page, url: str) -> int:
    """The status of the page, once its scripts have run."""
    answer = await page.goto(url, wait_until="load")
    return answer.status if answer else 0


# --- The checks -----------------------------------------------------------------
async def axe(page: Page, rules: Iterable[str] = ()) -> list[str]:
    """What axe finds by the rules of WCAG 2.2 AA, or by these alone: one line a rule, with the first element."""
    wanted = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": list(bars.AXE_TAGS)}
    options = {"runOnly": wanted, "resultTypes": ["violations"], "preload": False}
    if not await page.evaluate("() => Boolean(window.axe)"):
        await page.evaluate(AXE)
    call = "async (options) => (await axe.run({include: document, exclude: options.exclude}, options.rules)).violations.map("
    call += "(rule) => [rule.id, rule.nodes[0].target.join(' '), rule.nodes[0].any[0]?.message ?? ''])"
    found = await page.evaluate(call, {"rules": options, "exclude": [[one] for one in NOT_OURS]})
    return [f"{rule}: {target} {message}"[:240] for rule, target, message in found]


async def matrix(page: Page, looks: Iterable[tuple[int, str]]) -> list[tuple[str, str]]:
    """axe at these widths and in these themes: [(seen, what)]."""
    found: list[tuple[str, str]] = []
    whole: set[int] = set()
    for width, theme in looks:
        await _open_wide(page, width)
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        await page.evaluate(AT_REST)
        # A theme changes nothing but colors, so at one width all other rules are asked once.
        rules = OF_COLOR if width in whole else ()
        whole.add(width)
        found += [(f"{theme} {width}", what) for what in await axe(page, rules)]
    await page.emulate_media(color_scheme="light")
    return found


async def _open_wide(page: Page, width: int) -> None:
    """A window as high as the page: else what a bar at its end covers until one scrolls would count as covered."""
    await page.set_viewport_size({"width": width, "height": bars.WIDTHS[width]})
    tall = int(await page.evaluate("() => document.documentElement.scrollHeight"))
    await page.set_viewport_size({"width": width, "height": min(max(tall, bars.WIDTHS[width]), TALLEST)})


async def reflow(page: Page) -> list[tuple[str, str]]:
    """Nothing is wider than the window: at 320 pixels, and with letters twice as large on a wide one."""
    found = []
    await page.set_viewport_size({"width": bars.NARROWEST, "height": 640})
    found += [(f"{bars.NARROWEST} px", what) for what in await page.evaluate(script("reflow"))]
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.evaluate(f"() => document.documentElement.style.fontSize = '{bars.TEXT_SCALE * 100}%'")
    found += [("text at 200 %", what) for what in await page.evaluate(script("reflow"))]
    await page.evaluate("() => document.documentElement.style.fontSize = ''")
    return found


async def keyboard(page: Page) -> list[str]:
    """Tab reaches each control, and each shows that it is reached."""
    await page.set_viewport_size({"width": 1280, "height": 800})
    asked = await page.evaluate(script("controls"))
    reached: set[str] = set()
    wrong: list[str] = []
    for _step in range(asked * 2 + 10):
        await page.keyboard.press("Tab")
        here = await page.evaluate(script("focus"))
        # A frame that is still loading lets the focus fall out of the page: only a round that missed nothing is the last.
        if len(reached) >= asked and (here is None or here["number"] in reached):
            break
        if here is not None and here["number"] is not None:
            if here["number"] not in reached:
                wrong += [f"“{here['label']}” {what}" for what in here["wrong"]]
            reached.add(here["number"])
    missed = await page.evaluate(
        "(reached) => [...document.querySelectorAll('[data-audit]')].filter((one) => !reached.includes("
        "one.getAttribute('data-audit'))).map((one) => (one.innerText || one.name || one.outerHTML).slice(0, 60))",
        sorted(reached),
    )
    return wrong + [f"“{label}” is not reached by Tab" for label in missed]


async def size_of_tree(page: Page) -> int:
    return int(await page.evaluate("() => document.getElementsByTagName('*').length"))


# --- All pages ------------------------------------------------------------------
async def look(context: BrowserContext, address: str, visit: Visit, view: View, report: Report) -> None:
    """One page in one language, in every size and color."""
    page, eyes = await context.new_page(), Eyes()
    eyes.watch(page)
    checks = view.checks & FOREIGN_CHECKS if visit.is_foreign else view.checks

    def note(check: str, found: Iterable[tuple[str, str]], looked: int = 1) -> None:
        where = f"{visit.name} ({visit.role})"
        report.add(check, [Finding(check, where, what, f"{view} {seen}".strip()) for seen, what in found], looked)

    try:
        status = await open_page(page, address + visit.path)
        if status >= 500:
            note("status", [("", f"{status} at {visit.path}")])
            return
        if "console" in checks:
            note("console", [("", what) for what in eyes.complaints])
        if "dom" in checks:
            size = await size_of_tree(page)
            report.measured.setdefault("dom", {})[f"{visit.name} {view.portal}"] = size
            note("dom", [("", f"{size} elements")] if size > bars.DOM and visit.name not in bars.LARGER else [])
        if "axe" in checks:
            looks = view.looks(visit)
            note("axe", await matrix(page, looks), len(looks))
        if "reflow" in checks:
            note("reflow", await reflow(page), 2)
        if "keyboard" in checks:
            note("keyboard", [("", what) for what in await keyboard(page)])
    except Error as error:
        note("status", [("", f"{visit.path} could not be looked at: {str(error).splitlines()[0][:160]}")])
    finally:
        await page.close()


def rounds(visits: Iterable[Visit]) -> Iterator[tuple[str, list[Visit]]]:
    """Visits by session, so that each person's cookie is set once."""
    by_session: dict[str, list[Visit]] = {}
    for visit in visits:
        by_session.setdefault(visit.session, []).append(visit)
    yield from by_session.items()


async def look_at_all(
    browser: Browser, address: str, visits: list[Visit], view: View, report: Report, say: Callable[[str], None]
) -> None:
    """Every visit, as many at a time as the machine has cores."""
    at_once = asyncio.Semaphore(max(2, os.cpu_count() or 2))
    done = 0

    async def one(context: BrowserContext, visit: Visit) -> None:
        nonlocal done
        async with at_once:
            await look(context, address, visit, view, report)
        done += 1
        if done % 40 == 0:
            say(f"  {view}: {done} of {len(visits)}")

    for session, mine in rounds(visits):
        context = await context_for(browser, address, session, view.language)
        await asyncio.gather(*(one(context, visit) for visit in mine))
        await context.close()
