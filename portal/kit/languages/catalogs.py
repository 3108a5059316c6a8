"""The catalogs: one `django.po` a language for the whole project, kept in step with the sources, compiled without gettext.

A compiled file is never committed: whoever starts the portal makes it when its `.po` is newer (about 0.2 s a language).
"""

import base64
import hashlib
import logging
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import to_locale

from portal.kit.languages import pseudo
from portal.kit.languages.pseudo import PSEUDO
from portal.kit.languages.sources import Text

log = logging.getLogger(__name__)
# Babel stamps each catalog with the time; ours change only when a text does.
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
WIDTH = 120
# Where Babel's order of the forms is not the usual one, Django's.
PLURALS = {
    "ar": "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;",
}


def languages() -> list[str]:
    """The languages that need a catalog: all but English, which the sources are written in."""
    return [code for code, _name in settings.LANGUAGES if code not in ("en", PSEUDO)]


def path(language: str, suffix: str = ".po") -> Path:
    return Path(settings.LOCALE_PATHS[0]) / to_locale(language) / "LC_MESSAGES" / f"django{suffix}"


def read(language: str) -> Catalog:
    """The catalog of a language; an empty one where there is no file yet."""
    file = path(language)
    if not file.exists():
        return Catalog(locale=to_locale(language))
    with file.open("rb") as opened:
        return read_po(opened, locale=to_locale(language))


def messages(catalog: Catalog) -> list[Message]:
    """All but the head, whose id is empty."""
    return [message for message in catalog if message.id]


def key(message: Message) -> tuple[str, str]:
    """(context, text): what gettext looks a translation up by."""
    singular = message.id[0] if isinstance(message.id, list | tuple) else message.id
    return message.context or "", singular


def code(message: Message) -> str:
    """Six letters that name a text on a sheet for translators."""
    digest = hashlib.sha256("\x00".join(key(message)).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:6]


def forms(message: Message) -> list[str]:
    """The translation as a list: one text, or one for each plural form."""
    return list(message.string) if isinstance(message.string, list | tuple) else [message.string or ""]


def is_done(message: Message) -> bool:
    return all(forms(message)) and not message.fuzzy


def in_step(old: Catalog, texts: Iterable[Text], language: str) -> Catalog:
    """A catalog of exactly these texts, each with the translation that `old` has for it; others are dropped."""
    known = {key(message): message for message in messages(old)}
    new = Catalog(
        locale=to_locale(language),
        project=settings.SITE_NAME,
        version="1",
        copyright_holder="its authors",
        header_comment=f"# {settings.SITE_NAME}. See docs/translating.md.",
        creation_date=BEGAN,
        revision_date=BEGAN,
        last_translator=settings.SITE_NAME,
        language_team=settings.SITE_NAME,
        msgid_bugs_address="docs/translating.md",
        fuzzy=False,
    )
    if language in PLURALS:
        new.mime_headers = [("Plural-Forms", PLURALS[language])]
    plurals = {text.key: text.plural for text in texts if text.plural}
    for text in texts:
        plural = plurals.get(text.key, "")
        before = known.get(text.key)
        string: Any = before.string if before else None
        if plural and (not isinstance(string, tuple | list) or len(string) != new.num_plurals):
            string = ("",) * new.num_plurals
        elif not plural and isinstance(string, tuple | list):
            string = ""
        new.add(
            (text.singular, plural) if plural else text.singular,
            string,
            locations=[(text.place, None)],  # type: ignore[list-item]
            context=text.context or None,
        )
    return new


def write(catalog: Catalog, language: str) -> bool:
    """Write the `.po`; False if it says the same already."""
    file = path(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".po.new")
    with fresh.open("wb") as opened:
        write_po(opened, catalog, width=WIDTH, include_lineno=False, ignore_obsolete=True)
    if file.exists() and file.read_bytes() == fresh.read_bytes():
        fresh.unlink()
        return False
    fresh.replace(file)
    return True


# --- Compiled files -----------------------------------------------------------
def compile_stale() -> list[str]:
    """Make the `.mo` of each language whose `.po` has changed since; which ones.

    A compiled file bears the time of what it was made from: equal is fresh, whichever way a clock or a checkout went.
    """
    made = []
    sources = {language: path(language) for language in languages() if path(language).exists()}
    for language, source in sources.items():
        if _is_stale(path(language, ".mo"), source.stat().st_mtime_ns):
            _write_compiled(language, _finished(read(language)), source.stat().st_mtime_ns)
            made.append(language)
    if settings.PSEUDO_LOCALE and sources:
        newest = max(source.stat().st_mtime_ns for source in sources.values())
        if _is_stale(path(PSEUDO, ".mo"), newest):
            _write_compiled(PSEUDO, pseudo.catalog([*_library_texts(), *messages(read(next(iter(sources))))]), newest)
            made.append(PSEUDO)
    return made


def _finished(catalog: Catalog) -> Catalog:
    """Without what is not translated whole: an empty form of a plural would be shown as nothing."""
    for message in messages(catalog):
        if not is_done(message):
            catalog.delete(message.id, message.context)
    return catalog


def _is_stale(file: Path, wanted_ns: int) -> bool:
    return not file.exists() or file.stat().st_mtime_ns != wanted_ns


def _write_compiled(language: str, catalog: Catalog, mtime_ns: int) -> None:
    file = path(language, ".mo")
    # Several processes start at once: each writes a file of its own, and the last to finish names it.
    fresh = file.with_suffix(f".{os.getpid()}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as opened:
            write_mo(opened, catalog)
        os.utime(fresh, ns=(mtime_ns, mtime_ns))
        fresh.replace(file)
    except OSError as error:
        # A read-only installation: run `manage.py translations compile` when it is built.
        log.warning("The translations into %s could not be compiled: %s", language, error)


def _library_texts() -> list[Message]:
    """The texts of Django and allauth that all our languages have; what one lacks shows up bare in the pseudo-locale."""
    import allauth
    import django

    folders = [Path(django.__file__).parent / "conf" / "locale", Path(allauth.__file__).parent / "locale"]
    folders += sorted((Path(django.__file__).parent / "contrib").glob("*/locale"))
    found: list[Message] = []
    for folder in folders:
        known = [{key(message): message for message in _compiled(folder, language)} for language in languages()]
        shared = set.intersection(*map(set, known)) if known else set()
        found += [known[0][one] for one in sorted(shared)]
    return found


def _compiled(folder: Path, language: str) -> list[Message]:
    """The texts in a library's own compiled catalog."""
    file = folder / to_locale(language) / "LC_MESSAGES" / "django.mo"
    if not file.exists():
        return []
    with file.open("rb") as opened:
        found = messages(read_mo(opened))
    for message in found:
        # Babel leaves the context as it is in the file.
        message.context = message.context.decode() if isinstance(message.context, bytes) else message.context
    return found
