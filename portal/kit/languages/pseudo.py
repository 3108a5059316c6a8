"""The pseudo-locale: English in strange letters, a third longer, in brackets. Whatever looks plain in it is not translated.

It shows, without knowing a language, which texts go past gettext and which layouts cannot bear longer words.
"""

import re
from collections.abc import Iterable

from babel.messages import Catalog, Message

OPENS, CLOSES = "⟦", "⟧"
LONGER = 0.35
STRANGE = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "åƀçđéƒĝĥîĵķļɱñöþɋŕšţûṽŵẋýžÅƁÇĐÉƑĜĤÎĴĶĻṀÑÖÞɊŔŠŢÛṼŴẊÝŽ",
)
# What must arrive as it is: places for values, tags, entities.
KEPT = re.compile(r"%\(\w+\)[sdg]|%[sd%]|\{[^{}]*\}|\$[a-z_]\w*|</?[a-zA-Z][^>]*>|&\w+;")


def strange(text: str) -> str:
    """'Save %(name)s' → '⟦Šåṽé %(name)s ···⟧'."""
    out, end = [], 0
    for kept in KEPT.finditer(text):
        out += [text[end : kept.start()].translate(STRANGE), kept.group()]
        end = kept.end()
    out.append(text[end:].translate(STRANGE))
    plain = KEPT.sub("", text)
    more = "·" * round(len(plain) * LONGER)
    return f"{OPENS}{''.join(out)}{' ' + more if more else ''}{CLOSES}"


def catalog(messages: Iterable[Message], library: Iterable[str | tuple[str, str]] = ()) -> Catalog:
    """The pseudo-translations of our own texts, whether translated or not, and of the libraries' texts."""
    made = Catalog(locale="en")
    for text in library:
        if isinstance(text, str):
            # Django joins the context of an entry to its text with this character.
            context, _, plain = text.rpartition("\x04")
            made.add(plain, strange(plain), context=context or None)
    for message in messages:
        if isinstance(message.id, tuple | list):
            made.add(message.id, tuple(map(strange, message.id)), context=message.context)
        else:
            made.add(message.id, strange(message.id), context=message.context)
    return made
