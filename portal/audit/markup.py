"""Whether a page is well-formed HTML, without Node: what the standard's own parser has to repair, and broken references."""

import re
from collections import Counter
from functools import cache
from typing import Any

import html5lib
from html5lib.constants import E

# Newer than html5lib: `select` may hold a button, and search its own element.
NEWER = frozenset({"unexpected-start-tag-in-select", "unexpected-end-tag-in-select"})
POINTS = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-details", "popovertarget", "commandfor")


def faults(html: str) -> list[str]:
    """What is wrong, one line each with its place; an empty list for a well-formed page."""
    parser = _parser()
    tree = parser.parse(html)
    found = [f"{_words(code, held)} (line {place[0]})" for place, code, held in parser.errors if code not in NEWER]
    ids = [element.get("id") for element in tree.iter() if isinstance(element.tag, str) and element.get("id")]
    found += [f"two elements have the id “{one}”" for one, times in Counter(ids).items() if times > 1]
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        for name in POINTS:
            for target in (element.get(name) or "").split():
                if target not in ids:
                    found.append(f"{name}=“{target}” points to nothing")
    return found


@cache
def _parser() -> Any:
    return html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)


def _words(code: str, held: dict[str, Any]) -> str:
    text = str(E.get(code, code))
    return re.sub(r"\s+", " ", text % held if held else text)
