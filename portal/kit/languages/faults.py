"""What is wrong with a translation, as far as a machine can tell."""

import re
from collections import Counter
from collections.abc import Iterator

from babel.messages import Catalog, Message

from portal.kit.languages.catalogs import forms, key, messages

PLACES = re.compile(r"%\(\w+\)[sdg]|%[sd%]|\{\w*\}|\$[a-z_]\w*")
TAGS = re.compile(r"</?[a-zA-Z][^>]*>")
LETTERS = re.compile(r"[^\W\d_]{2,}")
# How a text may end, and with what the translation then ends. A question turns round in Arabic.
ENDINGS = {".": ".", ":": ":", "?": "?؟", "…": "…"}


def faults(catalog: Catalog, language: str, same: frozenset[str] = frozenset()) -> list[str]:
    """One line for each fault. `same`: texts that are right as they are in English, such as names."""
    return [f"{language}: {key(message)[1]!r}: {what}" for message in messages(catalog) for what in _of(message, same)]


def _of(message: Message, same: frozenset[str]) -> Iterator[str]:
    source = list(message.id) if isinstance(message.id, list | tuple) else [message.id]
    found = forms(message)
    if message.fuzzy:
        yield "is marked as fuzzy"
    if not all(found):
        yield "is not translated"
        return
    for number, form in enumerate(found):
        where = f" (form {number})" if len(found) > 1 else ""
        # A plural form for one or two may leave out the number; the last form stands for any.
        lax = len(found) > 1 and number < len(found) - 1
        for what in _compared(source[-1], form, lax=lax):
            yield what + where
    if source[0] not in same and LETTERS.search(_bare(source[0])) and found[0] == source[0]:
        yield "reads as in English"


def _compared(source: str, form: str, *, lax: bool) -> Iterator[str]:
    wanted, got = set(PLACES.findall(source)), set(PLACES.findall(form))
    if got - wanted:
        yield f"has a place that the source lacks: {', '.join(sorted(got - wanted))}"
    if len(wanted - got) > (1 if lax else 0):
        yield f"lacks {', '.join(sorted(wanted - got))}"
    if PLACES.sub("", source).count("%") != PLACES.sub("", form).count("%"):
        yield "has a per cent sign more or less"
    if Counter(TAGS.findall(source)) != Counter(TAGS.findall(form)):
        yield "has other tags"
    if form != form.strip() and source == source.strip():
        yield "begins or ends with a space"
    end = source[-1:]
    if end in ENDINGS and form[-1:] not in ENDINGS[end] and " " in source:
        yield f"does not end with “{ENDINGS[end]}”"


def _bare(text: str) -> str:
    return TAGS.sub("", PLACES.sub("", text))
