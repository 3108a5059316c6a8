"""Does a page in the pseudo-locale hold words that no translator will ever see?

A text of ours stands in ⟦brackets⟧ there. What stands outside is a number, something people wrote themselves, or a fault.
Templates mark what people wrote: `<bdi>`, `dir="auto"`, `translate="no"`, `<code>`; `lang` for a text in a language of its own.
"""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

from portal.kit.languages.pseudo import CLOSES, OPENS

WORD = re.compile(r"[^\W\d_]{2,}")
# Addresses, names of files, zones and currencies, and other words of machines.
CODE = re.compile(r"\S*\w[/_@\\]\w\S*|\w+://\S+|\b[A-Z][A-Z0-9]{1,4}\b|\S*\w\.\w\S*")
ADDRESS = re.compile(r"\w+://\S+")
UNREAD = frozenset({"script", "style", "template", "noscript"})
VERBATIM = frozenset({"code", "pre", "kbd", "samp", "bdi", "time", "textarea"})
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
SPOKEN = ("alt", "title", "aria-label", "aria-description", "aria-roledescription", "placeholder", "label")


def unwrapped(html: str, allow: Iterable[str] = ()) -> list[str]:
    """The texts of a page (drawn in the pseudo-locale) that no catalog holds, in their order, each once.

    `allow`: what may stand there as it is, such as names and titles that people gave; longer ones are taken out first.
    """
    reader = _Reader(sorted({text.strip() for text in allow if text and text.strip()}, key=len, reverse=True))
    reader.feed(html)
    reader.close()
    return list(dict.fromkeys(reader.found))


class _Reader(HTMLParser):
    """Walks the page; in each open element it knows whether a bracket is open and whether the words are somebody's own."""

    def __init__(self, allow: list[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.exact = set(allow)
        # One expression for all: names may be many. Only whole words, or “an” would be allowed in “January”.
        self.allowed = re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in allow)) if allow else None
        self.found: list[str] = []
        self.open: list[tuple[str, bool, int]] = []
        self.own = False
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        own = self.own or tag in UNREAD | VERBATIM or given.get("dir") == "auto" or given.get("translate") == "no"
        own = own or ("lang" in given and tag != "html")
        if not own:
            self.judge_attributes(tag, given)
        if tag not in VOID:
            self.open.append((tag, self.own, self.depth))
            self.own = own

    def handle_endtag(self, tag: str) -> None:
        # What was left open inside is closed with it, and so is a bracket that was cut off.
        while any(name == tag for name, _own, _depth in self.open):
            name, self.own, depth = self.open.pop()
            if name == tag:
                self.depth = min(self.depth, depth)
                break

    def handle_data(self, data: str) -> None:
        bare = []
        for part in re.split(f"([{OPENS}{CLOSES}])", data):
            if part == OPENS:
                self.depth += 1
            elif part == CLOSES:
                self.depth = max(0, self.depth - 1)
            elif not self.depth and not self.own:
                bare.append(part)
        self.judge(" ".join(" ".join(bare).split()))

    def judge_attributes(self, tag: str, given: dict[str, str]) -> None:
        names = list(SPOKEN)
        if tag == "input" and given.get("type") in ("submit", "button", "reset"):
            names.append("value")
        if tag == "meta" and given.get("name", given.get("property", "")) in (
            "description",
            "og:title",
            "og:description",
        ):
            names.append("content")
        names += [name for name in given if name.startswith("data-label")]
        for name in names:
            self.judge(_outside(given.get(name, "")), f"{name}=")

    def judge(self, text: str, where: str = "") -> None:
        if text in self.exact:
            return
        # Whole addresses first: a word that is allowed may stand within one.
        rest = ADDRESS.sub(" ", text)
        rest = self.allowed.sub(" ", rest) if self.allowed else rest
        if WORD.search(CODE.sub(" ", rest)):
            self.found.append(where + text)


def _outside(text: str) -> str:
    """What stands outside the brackets, however deep they are."""
    while (shorter := re.sub(f"{OPENS}[^{OPENS}{CLOSES}]*{CLOSES}", " ", text)) != text:
        text = shorter
    return text.partition(OPENS)[0].strip()
