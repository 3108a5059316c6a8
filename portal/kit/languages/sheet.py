"""A sheet for translators: every text that needs work, once, with a line for each language; and the way back.

    [k3v9qa] templates/subscriptions/tier_list.html
    en: %(left)s place left || %(left)s places left
    es: Queda %(left)s plaza || Quedan %(left)s plazas
    ar:

Forms of a plural are separated by `||`, in the order of the catalog; a line break is written `\\n`.
"""

import re
from collections.abc import Iterable, Mapping

from babel.messages import Catalog, Message

from portal.kit.languages.catalogs import code, forms, is_done, messages

BETWEEN = " || "
HEAD = re.compile(r"\[([a-z2-7]{6})\]")


class SheetError(Exception):
    """The sheet cannot be read; the message says where."""


def written(catalogs: Mapping[str, Catalog], *, everything: bool = False) -> str:
    """The sheet of what is not done in one of the catalogs (with `everything`: of all texts)."""
    by_code = {language: {code(message): message for message in messages(one)} for language, one in catalogs.items()}
    blocks = []
    for message in messages(next(iter(catalogs.values()))):
        rows = {language: known[code(message)] for language, known in by_code.items() if code(message) in known}
        wanted = {language: row for language, row in rows.items() if everything or not is_done(row)}
        if wanted:
            blocks.append(_block(message, wanted))
    return "\n".join(blocks)


def _block(message: Message, rows: Mapping[str, Message]) -> str:
    source = list(message.id) if isinstance(message.id, list | tuple) else [message.id]
    context = f" ({message.context})" if message.context else ""
    lines = [f"[{code(message)}]{context} {message.locations[0][0] if message.locations else ''}"]
    lines.append(f"en: {_one_line(source)}")
    lines += [
        f"{language}: {_one_line(forms(row)) if all(forms(row)) else ''}".rstrip() for language, row in rows.items()
    ]
    return "\n".join(lines) + "\n"


def _one_line(texts: Iterable[str]) -> str:
    return BETWEEN.join(texts).replace("\n", "\\n")


def fill(catalogs: Mapping[str, Catalog], sheet: str) -> tuple[int, list[str]]:
    """Put the translations of a sheet into the catalogs. Empty lines and `en:` are passed over.

    How many were put in, and the codes of texts that have changed or gone since the sheet was written.
    """
    rows = {(language, code(message)): message for language, one in catalogs.items() for message in messages(one)}
    filled, current, gone = 0, "", []
    for number, line in enumerate(sheet.splitlines(), start=1):
        if head := HEAD.match(line):
            current = head[1]
            continue
        language, separator, text = line.partition(":")
        if not separator or language not in catalogs or not text.strip():
            continue
        row = rows.get((language, current))
        if row is None:
            gone.append(current)
            continue
        found = [part.strip().replace("\\n", "\n") for part in text.split(BETWEEN.strip())]
        if len(found) != len(forms(row)):
            raise SheetError(f"Line {number}: {len(forms(row))} forms are needed, here are {len(found)}.")
        row.string = tuple(found) if isinstance(row.id, list | tuple) else found[0]
        row.flags.discard("fuzzy")
        filled += 1
    return filled, sorted(set(gone))
