"""Every named URL is opened once in a real browser. `make audit` looks again, in all themes, sizes and languages."""

import shutil
from collections.abc import Iterator

import pytest

from portal.audit.addresses import addresses
from portal.audit.fast import CHECKS, look_once, scratch_folder
from portal.audit.finding import Report
from portal.audit.plan import Plan
from portal.testing.browser import find_chromium

NAMES = sorted({address.name for address in addresses() if not address.is_admin})


@pytest.fixture(scope="session")
def seen() -> Iterator[tuple[Plan, Report]]:
    if find_chromium() is None:
        pytest.skip("no Chromium: apt-get install chromium, or set CHROMIUM_PATH")
    folder = scratch_folder()
    try:
        portal, report = look_once(folder, print)
        yield portal.plan, report
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_each_check_looked(seen: tuple[Plan, Report]) -> None:
    _plan, report = seen
    assert report.idle() == []
    assert set(report.looked) == set(CHECKS)


def test_what_the_walk_met_is_in_order(seen: tuple[Plan, Report]) -> None:
    """Dead links, and pages without a URL name of their own."""
    _plan, report = seen
    assert [str(finding) for finding in report.findings if finding.page.split()[0] not in NAMES] == []


@pytest.mark.parametrize("name", NAMES)
def test_page(seen: tuple[Plan, Report], name: str) -> None:
    plan, report = seen
    assert name in plan.left_out or any(visit.name == name for visit in plan.visits), plan.misses.get(name)
    assert [str(finding) for finding in report.findings if finding.page.split()[0] == name] == []
