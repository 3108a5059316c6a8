import pytest

from portal.kit.markdown import render_markdown


def test_what_people_write_becomes_a_page() -> None:
    assert render_markdown("# Title\n\n**Bold** and [a link](https://example.com)") == (
        "<h2>Title</h2>\n<p><strong>Bold</strong> and "
        '<a href="https://example.com" rel="nofollow ugc noopener">a link</a></p>\n'
    )


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '<img src=x onerror="alert(1)">',
        "<style>*{display:none}</style>",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "<iframe src=https://example.com></iframe>",
        "[x](vbscript:x)",
    ],
)
def test_nothing_that_runs_gets_through(attack: str) -> None:
    html = render_markdown(attack).lower()
    assert not any(
        bad in html
        for bad in ("<script", 'href="javascript', "<img src=x", "<style", 'src="data:', "<iframe", 'href="vbscript')
    )
