"""The pseudo-locale: English in strange letters, a third longer, in brackets. Whatever looks plain in it is not translated.

It shows, without knowing a language, which texts go past gettext and which layouts cannot bear longer words.
"""

import re
from collections.abc import Iterable

from babel.messages import Catalog, Message

PSEUDO = "en-xa"
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


def catalog(messages: Iterable[Message]) -> Catalog:
    """The pseudo-translations of these texts, whether anybody has translated them or not. Of two alike the last counts."""
    made = Catalog(locale="en")
    for message in messages:
        string = tuple(map(strange, message.id)) if isinstance(message.id, tuple | list) else strange(message.id)
        made.delete(message.id, message.context)
        made.add(message.id, string, context=message.context)
    return made
