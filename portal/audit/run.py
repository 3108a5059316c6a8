"""The audit from start to table."""

import asyncio
import fnmatch
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Error

from portal.audit import bars, browser, journeys, measures, tools
from portal.audit.finding import Finding, Report
from portal.audit.plan import Visit
from portal.audit.portals import BASE, Portal, scratch

# Name → the bar in words, in the order of the table.
CHECKS = {
    "addresses": "every named URL is visited, or left out for a stated reason",
    "status": "no page answers 5xx",
    "links": "no link inside the portal leads nowhere",
    "access": "nobody is shown what the view's declaration keeps from them",
    "headers": "every page has a content security policy without unsafe-*",
    "html": "html-validate: 0",
    "styles": "stylelint: 0",
    "words": "untranslated texts: 0",
    "weight": "CSS ≤ 20 KB, scripts ≤ 30 KB (own 10), page ≤ 120 KB, as sent, cold",
    "dom": f"≤ {bars.DOM} elements",
    "console": "0 errors, 0 reports of the content security policy",
    "axe": "WCAG 2.2 AA: 0 × light, dark × 360, 1280 px × empty, full × English, Arabic",
    "reflow": "no sideways scroll at 320 px and with text at 200 %",
    "keyboard": "Tab reaches every control, focus seen and not covered",
    "lighthouse": "phone: performance ≥ 0.98, accessibility and practices 1.00, SEO 1.00; LCP, TBT, CLS",
    "vitals": f"INP ≤ {bars.INP} ms, CLS ≤ {bars.CLS} with the processor four times slower",
    "journeys": "what people come for works without scripts",
}
IN_THE_PAGE = frozenset({"dom", "console", "axe", "reflow", "keyboard"})
# The pages that Lighthouse and the slow phone look at unless told otherwise: the first of each kind of work.
SAMPLE = (
    ("home", "stranger"),
    ("creator_page", "stranger"),
    ("course_list", "stranger"),
    ("lesson_detail", "stranger"),
    ("idea_list", "stranger"),
    ("account_login", "stranger"),
    ("home", "creator"),
    ("reward_overview", "creator"),
    ("earnings", "creator"),
    ("tier_list", "creator"),
    ("library", "fan"),
    ("brand_order_list", "brand"),
)
# Letters are drawn with tables, which is what mail programs understand.
MAIL = frozenset({"outbox_letter"})
# Not meant for search engines, though strangers may read them.
NOT_SEARCHED = ("account_", "hosted_", "error_", "outbox")


@dataclass
class Wish:
    """What is asked of this run."""

    only: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    quick: bool = False
    lighthouse: str = "sample"
    keep: Path | None = None

    def wants(self, visit: Visit) -> bool:
        named = not self.only or any(fnmatch.fnmatch(visit.name, pattern) for pattern in self.only)
        return named and (not self.roles or visit.role in self.roles)

    def chosen(self) -> dict[str, str]:
        """The checks that run. A quick run leaves out the slow ones, a run for one page those about the whole."""
        names = list(self.checks or CHECKS)
        if self.quick and not self.checks:
            names = [name for name in names if name not in ("lighthouse", "vitals", "journeys")]
        if self.keep and not self.checks:
            # They change what the portal holds, and would find their own traces the next time.
            names = [name for name in names if name != "journeys"]
        if (self.only or self.roles) and not self.checks:
            names = [name for name in names if name not in ("addresses", "styles", "journeys", "access", "links")]
        return {name: bar for name, bar in CHECKS.items() if name in names}


def audit(wish: Wish, say: Callable[[str], None]) -> Report:
    """Everything that is wished for; the report holds what was found."""
    report = Report(checks=wish.chosen())
    began = time.monotonic()
    if {"html", "styles", "lighthouse"} & set(report.checks):
        tools.install(say)
    say("Telling the demo, and settling in people who have nothing …")
    with scratch(say, ("full",) if wish.quick else ("full", "empty"), wish.keep) as portals:
        for portal in portals.values():
            _take_plan(portal, wish, report)
        if "styles" in report.checks:
            _styles(report)
        if "html" in report.checks:
            _html(portals, wish, report)
        for portal in portals.values():
            with portal.served():
                asyncio.run(_in_browser(portal, wish, report, say))
    report.measured["seconds"] = round(time.monotonic() - began)
    return report


def _take_plan(portal: Portal, wish: Wish, report: Report) -> None:
    """What the portal said about itself."""
    plan, wanted = portal.plan, set(report.checks)
    if portal.kind == "full":
        report.left_out = plan.left_out
        misses = [Finding("addresses", name, why) for name, why in plan.misses.items()]
        if "addresses" in wanted:
            report.add(
                "addresses", misses, len(plan.left_out) + len({visit.name for visit in plan.visits}) + len(misses)
            )
    for check in ("status", "links", "access", "headers", "words"):
        if check in wanted:
            met = [row for row in plan.met if row[0] == check and _about(row[1], wish, plan.visits)]
            # Words are counted apart: they are read only on pages drawn in the pseudo-locale.
            looked = plan.read if check == "words" else plan.asked
            found = [Finding(check, page or "/", what, f"{portal.kind} {role}") for _check, page, role, what in met]
            report.add(check, found, looked)


def _about(page: str, wish: Wish, visits: list[Visit]) -> bool:
    """Whether a page (by name, or by path where a link was met) is among those asked for."""
    if not wish.only:
        return True
    return any(fnmatch.fnmatch(page, pattern) for pattern in wish.only)


def _styles(report: Report) -> None:
    files = sorted((BASE / "static" / "css").rglob("*.css"))
    faults = tools.style_faults(files)
    report.add(
        "styles", [Finding("styles", name, what) for name, found in faults.items() for what in found], len(faults)
    )


def _html(portals: dict[str, Portal], wish: Wish, report: Report) -> None:
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        sources: dict[str, tuple[str, str]] = {}
        for portal in portals.values():
            mine = {f"{visit.name} {visit.role}": visit for visit in portal.plan.visits if not visit.is_foreign}
            for key, body in portal.plan.pages.items():
                if key in mine and mine[key].name not in MAIL and wish.wants(mine[key]):
                    file = folder / f"{len(sources)}.html"
                    file.write_text(body)
                    sources[file.name] = (key, portal.kind)
        faults = tools.html_faults(folder) if sources else {}
        found = [
            Finding(
                "html", sources[name][0].split()[0], what, f"{sources[name][1]} {sources[name][0].split()[1]}:{line}"
            )
            for name, lines in faults.items()
            for line, what in lines
        ]
        report.add("html", found, len(sources))


async def _in_browser(portal: Portal, wish: Wish, report: Report, say: Callable[[str], None]) -> None:
    visits = [visit for visit in portal.plan.visits if wish.wants(visit)]
    if wish.quick:
        visits = list({visit.name: visit for visit in reversed(visits)}.values())[::-1]
    checks = frozenset(report.checks)
    if "weight" in checks:
        _weigh(portal, visits, report)
    async with browser.chromium() as chromium:
        for language in ("en",) if wish.quick else bars.LANGUAGES:
            # The order of Tab does not hang on the language; where it goes wrong in one, it does in the other.
            now = checks & (IN_THE_PAGE if language == "en" else IN_THE_PAGE - {"keyboard", "dom"})
            view = browser.View(portal.kind, language, now, is_fast=wish.quick)
            # The back office is in the demo and in English only.
            mine = [v for v in visits if not v.is_foreign or (language == "en" and portal.kind == "full")]
            if now:
                await browser.look_at_all(chromium, portal.address, mine, view, report, say)
        if portal.kind == "full":
            await _speed(portal, wish, visits, report, say, chromium)
            if "journeys" in checks:
                say("  journeys without scripts")
                await journeys.travel(chromium, portal.address, portal.plan, report)


def _weigh(portal: Portal, visits: list[Visit], report: Report) -> None:
    heaviest: dict[str, int] = report.measured.setdefault("heaviest", {})
    for visit in visits:
        if visit.is_foreign:
            continue
        weighed = measures.weight(portal.address, visit, portal.plan.pages.get(f"{visit.name} {visit.role}", ""))
        where = f"{visit.name} ({visit.role})"
        report.add("weight", [Finding("weight", where, what, portal.kind) for what in measures.overweight(weighed)])
        for kind, bytes_ in weighed.items():
            heaviest[kind] = max(heaviest.get(kind, 0), bytes_)


async def _speed(
    portal: Portal,
    wish: Wish,
    visits: list[Visit],
    report: Report,
    say: Callable[[str], None],
    chromium: browser.Browser,
) -> None:
    """One page at a time, so that no page slows another down."""
    ours = [visit for visit in visits if not visit.is_foreign]
    sample = ours if wish.lighthouse == "all" or wish.only else [v for v in ours if (v.name, v.role) in SAMPLE]
    for visit in sample:
        where = f"{visit.name} ({visit.role})"
        if "vitals" in report.checks:
            for _try in range(bars.TRIES):
                slow = await _slow_phone(portal, visit, report, chromium)
                if not slow:
                    break
            report.add("vitals", [Finding("vitals", where, what) for what in slow])
        if "lighthouse" in report.checks and wish.lighthouse != "none":
            told = await asyncio.to_thread(_best_of, portal.address, visit)
            report.measured.setdefault("lighthouse", {})[where] = told
            report.add("lighthouse", [Finding("lighthouse", where, what) for what in short_of(told, visit)])
            say(
                f"  lighthouse {where}: {told['performance']:.2f} {told['accessibility']:.2f} {told['best-practices']:.2f}"
            )


def _best_of(address: str, visit: Visit) -> dict[str, Any]:
    """A run that misses nothing; else, of as many as there are tries, the one that misses least."""
    runs: list[dict[str, Any]] = []
    while len(runs) < bars.TRIES and not (runs and not short_of(runs[-1], visit)):
        runs.append(tools.lighthouse(address + visit.path, visit.session))
    return min(reversed(runs), key=lambda told: (len(short_of(told, visit)), -told["performance"]))


async def _slow_phone(portal: Portal, visit: Visit, report: Report, chromium: browser.Browser) -> list[str]:
    try:
        seen = await measures.vitals(chromium, portal.address, visit)
    except Error as error:
        return [f"could not be measured: {str(error).splitlines()[0][:120]}"]
    report.measured.setdefault("vitals", {})[f"{visit.name} ({visit.role})"] = seen
    wrong = [f"INP {seen['inp']:.0f} ms"] if seen["inp"] > bars.INP else []
    return wrong + ([f"CLS {seen['cls']:.3f}"] if seen["cls"] > bars.CLS else [])


def short_of(told: dict[str, object], visit: Visit) -> list[str]:
    """What Lighthouse's figures miss, with the audits that cost it."""
    limits = dict(bars.LIGHTHOUSE)
    if visit.is_public and not visit.name.startswith(NOT_SEARCHED):
        limits["seo"] = bars.SEO
    lost = told.get("lost", {})
    assert isinstance(lost, dict)
    wrong = [
        f"{category} {float(str(told[category] or 0)):.2f}: {', '.join(lost.get(category, []))}"
        for category, least in limits.items()
        if float(str(told[category] or 0)) < least
    ]
    for metric, most in (("lcp", bars.LCP), ("tbt", bars.TBT), ("cls", bars.CLS)):
        if (value := float(str(told[metric]))) > most:
            wrong.append(f"{metric.upper()} {value:.3f}" if metric == "cls" else f"{metric.upper()} {value:.0f} ms")
    return wrong
