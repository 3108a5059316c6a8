"""Words that nobody translated: bare ones on pages drawn in the pseudo-locale, and gaps in the catalogs."""

from collections.abc import Iterable, Iterator
from html import unescape
from zoneinfo import available_timezones

from babel import Locale
from django.apps import apps
from django.conf import settings
from django.db.models import CharField, JSONField, TextField

from portal.kit.languages import catalogs
from portal.kit.languages.pages import unwrapped
from portal.kit.languages.reader import PSEUDO
from portal.kit.languages.sources import texts

# What is nobody's language: names of ours, of others, and of currencies and formats.
NAMES = ("Glasshouse", "Stripe", "TikTok", "SQLite", "PostgreSQL", "Celery", "Valkey", "Redis", "CSV", "PDF", "QR")
# Written or named by people, by providers or by keys: shown as it is in any language.
OUR_APPS = ("portal.", "academy", "subscriptions", "rewards", "shop")
# Letters are kept as they were sent, in their reader's language.
LETTERS = frozenset({"outbox_letter", "outbox_email"})


def gaps() -> list[tuple[str, str]]:
    """[(language, what)]: texts of the sources that a language's catalog lacks or leaves empty."""
    wanted = {text.key for text in texts(settings.BASE_DIR)}
    found = []
    for language in catalogs.languages():
        done = {
            catalogs.key(message) for message in catalogs.messages(catalogs.read(language)) if catalogs.is_done(message)
        }
        if missing := sorted(text for _context, text in wanted - done):
            found.append(
                (language, f"{len(missing)} of {len(wanted)} texts are not translated, such as “{missing[0][:50]}”")
            )
    return found


def written_by_people(most: int = 3000) -> set[str]:
    """Names, titles and messages in the database: a page may show them in any language."""
    found: set[str] = {*NAMES, *_told_by_babel()}
    for model in apps.get_models():
        # What the provider sent is long, and no page shows it.
        if not model.__module__.startswith(OUR_APPS) or model.__name__.startswith(("Historical", "StripeEvent")):
            continue
        columns = [
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, CharField | TextField | JSONField) and not field.choices
        ]
        for row in model._default_manager.values_list(*columns)[:most] if columns else ():
            for value in row:
                found.update(_texts(value))
    return {text for text in found if any(letter.isalpha() for letter in text)}


def _told_by_babel() -> set[str]:
    """Countries, currencies, months and days: Babel has them in every language but the pseudo-locale."""
    english = Locale("en")
    named = {*english.territories.values(), *english.currencies.values(), *english.languages.values()}
    named |= {*english.currencies, *available_timezones(), *(name for _code, name in settings.LANGUAGES)}
    for width in ("wide", "abbreviated"):
        named |= {*english.months["format"][width].values(), *english.days["format"][width].values()}
    return named


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        yield from value.split("\n") if "\n" in value else ()
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def bare(html: str, allow: Iterable[str]) -> list[str]:
    """The texts of a page in the pseudo-locale that stand there as they are in English."""
    there = unescape(html)
    return unwrapped(html, [text for text in allow if text in there])


def can_be_strange() -> bool:
    return PSEUDO in dict(settings.LANGUAGES)
