"""The check of HTML without Node finds what it is there for, and leaves a sound page alone."""

import pytest

from portal.audit.markup import faults

pytestmark = pytest.mark.once
SOUND = (
    '<!doctype html><html lang="en"><head><title>Sound</title></head><body><h1 id="top">A</h1><form>'
    '<label for="n">N</label><input id="n"><svg viewBox="0 0 1 1"><path d="m0 0"/></svg></form></body></html>'
)


def test_a_sound_page_has_no_faults() -> None:
    assert faults(SOUND) == []


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("<p>a<div>b</div></p>", "Unexpected end tag (p)"),
        ("<span>a", "span"),
        ("<a href=x href=y>a</a>", "duplicate attribute"),
        ("<table><div>b</div></table>", "table"),
        ('<i id="n"></i>', "two elements have the id “n”"),
        ('<label for="gone">x</label>', "for=“gone” points to nothing"),
    ],
)
def test_a_bad_page_is_found(bad: str, says: str) -> None:
    found = faults(SOUND.replace("</form>", f"</form>{bad}"))
    assert any(says.lower() in fault.lower() for fault in found), found
