"""The table says what is wrong once, and silence is no success."""

import json

import pytest

from portal.audit import __main__ as command
from portal.audit import bars
from portal.audit.browser import NoChromium
from portal.audit.finding import Finding, Report
from portal.audit.measures import overweight, parts
from portal.audit.plan import Visit
from portal.audit.run import CHECKS, Wish, short_of

pytestmark = pytest.mark.once
HOME = Visit("home", "/", "stranger", "", is_public=True)


def test_a_report_without_findings_passes() -> None:
    report = Report(checks={"axe": "0"})
    report.add("axe", [], 4)
    assert report.passed
    assert "green  axe" in report.table()


def test_a_check_that_never_looked_is_red() -> None:
    report = Report(checks={"axe": "0"})
    assert not report.passed
    assert report.idle() == ["axe"]
    assert "red    axe" in report.table()


def test_the_same_thing_on_many_pages_is_one_line() -> None:
    report = Report(checks={"axe": "0"})
    report.add("axe", [Finding("axe", f"page{number}", "contrast", "full en") for number in range(6)])
    line = next(line for line in report.table().splitlines() if "contrast" in line)
    assert line.strip() == "6 × contrast · page0, page1, page2, page3 and 2 more · full en"
    assert json.loads(json.dumps(report.as_json()))["findings"][0]["page"] == "page0"


@pytest.mark.parametrize(("findings", "code"), [([], 0), ([Finding("axe", "home", "contrast")], 1)])
def test_the_exit_code_says_it(
    findings: list[Finding], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report(checks={"axe": "0"}, measured={"seconds": 1})
    report.add("axe", findings)
    monkeypatch.setattr(command, "audit", lambda wish, say: report)
    assert command.main(["--only", "home"]) == code
    assert ("GREEN" if code == 0 else "RED") in capsys.readouterr().out


def test_an_audit_that_cannot_be_held_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(wish: Wish, say: object) -> Report:
        raise NoChromium

    monkeypatch.setattr(command, "audit", nothing)
    assert command.main([]) == 2
    assert "apt-get install chromium" in capsys.readouterr().out


def test_a_run_for_one_page_leaves_out_what_is_about_the_whole() -> None:
    assert set(Wish().chosen()) == set(CHECKS)
    assert "styles" not in Wish(only=["home"]).chosen()
    assert set(Wish(only=["home"], checks=["styles"]).chosen()) == {"styles"}
    assert Wish(only=["brand_*"]).wants(Visit("brand_home", "/brand/", "brand", ""))
    assert not Wish(roles=["fan"]).wants(HOME)


def test_lighthouse_figures_are_held_to_the_bars() -> None:
    good = {"performance": 0.98, "accessibility": 1, "best-practices": 1, "seo": 1, "lcp": 1_400, "tbt": 0, "cls": 0}
    assert short_of(good, HOME) == []
    bad = {**good, "performance": 0.97, "seo": 0.9, "cls": 0.021, "lost": {"seo": ["meta-description"]}}
    assert short_of(bad, HOME) == ["performance 0.97: ", "seo 0.90: meta-description", "CLS 0.021"]
    signed_in = Visit("earnings", "/", "creator", "s")
    assert short_of({**good, "seo": 0.5}, signed_in) == []


def test_what_a_page_loads_is_weighed() -> None:
    html = (
        '<link rel="stylesheet" href="/css/a.css"><link rel="alternate" href="/feed/"><script src="/static/js/a.js">'
        '</script><img src="/i.webp"><img loading="lazy" src="/later.webp"><img src="data:image/gif;base64,R0">'
    )
    assert parts(html) == [("css", "/css/a.css"), ("script", "/static/js/a.js"), ("other", "/i.webp")]
    light = {"css": bars.CSS, "script": bars.SCRIPTS, "own": 0, "page": bars.PAGE}
    assert overweight(light) == []
    assert overweight({**light, "css": bars.CSS + 100}) == ["css: 20.1 KB of 20"]
