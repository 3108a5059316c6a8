"""The tools from npm find a bad file. They are there once `make audit` has run on this machine."""

from pathlib import Path

import pytest

from portal.audit import tools

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not tools.has_tools(), reason="the audit's tools are not installed: make audit installs them"),
]


def test_html_validate_finds_a_bad_page(tmp_path: Path) -> None:
    (tmp_path / "good.html").write_text(
        '<!doctype html>\n<html lang="en">\n<head><title>Good</title></head>\n<body><h1>Good</h1></body>\n</html>\n'
    )
    (tmp_path / "bad.html").write_text(
        '<!doctype html>\n<html lang="en">\n<head><title>Bad</title></head>\n<body><p>a<div>b</div></p></body>\n</html>\n'
    )
    found = tools.html_faults(tmp_path)
    assert found.get("good.html", []) == []
    assert any("close-order" in fault or "element-permitted" in fault for _line, fault in found["bad.html"])


def test_stylelint_finds_what_the_house_forbids(tmp_path: Path) -> None:
    (tmp_path / "good.css").write_text(".card {\n  inline-size: 4rem;\n  color: oklch(50% 0.1 20);\n}\n")
    (tmp_path / "bad.css").write_text("#card {\n  width: 4rem !important;\n  color: #fff;\n}\n")
    found = tools.style_faults(sorted(tmp_path.glob("*.css")))
    assert found["good.css"] == []
    said = " ".join(found["bad.css"])
    assert all(rule in said for rule in ("selector-max-id", "declaration-no-important", "color-no-hex", "width"))


def test_the_lock_names_no_host_that_packages_come_from() -> None:
    lock = (tools.FOLDER / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 100
