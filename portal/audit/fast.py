"""The part of the audit that runs in every `make test`: each URL once, by one role, in one theme at one width."""

import asyncio
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from portal.audit import browser, markup
from portal.audit.finding import Finding, Report
from portal.audit.plan import Plan, Visit
from portal.audit.portals import Portal

CHECKS = ("addresses", "status", "links", "access", "headers", "html", "console", "axe", "reflow")


def look_once(folder: Path, say: Callable[[str], None]) -> tuple[Portal, Report]:
    """Tell the demo into `folder`, look at each address once; everything that was found."""
    portal = Portal("full", folder, settings="portal.audit.plain_settings", is_fast=True)
    portal.prepare()
    report = Report(checks=dict.fromkeys(CHECKS, ""), left_out=portal.plan.left_out)
    judge(portal.plan, report)
    with portal.served():
        in_thread(lambda: asyncio.run(_look(portal, report, say)))
    return portal, report


def judge(plan: Plan, report: Report) -> None:
    """What is known without a browser."""
    report.add(
        "addresses", [Finding("addresses", name, why) for name, why in plan.misses.items()], 1 + len(plan.visits)
    )
    for check in ("status", "links", "access", "headers"):
        met = [row for row in plan.met if row[0] == check]
        report.add(check, [Finding(check, page or "/", what, role) for _check, page, role, what in met], plan.asked)
    foreign = {visit.name for visit in plan.visits if visit.is_foreign}
    for key, body in plan.pages.items():
        if key.split()[0] in foreign:
            continue
        name, role = key.split()[0], key.split(maxsplit=1)[1]
        report.add("html", [Finding("html", name, what, role) for what in markup.faults(body)])


def one_each(visits: list[Visit]) -> list[Visit]:
    """One visit a name; which of its roles makes it is another one from name to name."""
    by_name: dict[str, list[Visit]] = {}
    for visit in visits:
        by_name.setdefault(visit.name, []).append(visit)
    return [mine[crc32(name.encode()) % len(mine)] for name, mine in by_name.items()]


async def _look(portal: Portal, report: Report, say: Callable[[str], None]) -> None:
    view = browser.View("full", "en", frozenset({"console", "axe", "reflow"}), is_fast=True)
    async with browser.chromium() as chromium:
        await browser.look_at_all(chromium, portal.address, one_each(portal.plan.visits), view, report, say)


def in_thread(deed: Callable[[], None]) -> None:
    """Beside the loop that pytest-playwright keeps in this thread."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(deed).result()


def scratch_folder() -> Path:
    """In memory where the machine has such a folder: the demo writes a lot, and nobody needs it afterwards."""
    memory = Path("/dev/shm")
    with suppress(OSError):
        return Path(tempfile.mkdtemp(prefix="portal-fast-audit-", dir=memory if memory.is_dir() else None))
    return Path(tempfile.mkdtemp(prefix="portal-fast-audit-"))
