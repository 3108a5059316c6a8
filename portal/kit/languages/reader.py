"""The reader's locale, as Babel names it, for numbers, money and dates."""

from django.utils.translation import get_language

from portal.kit.languages.pseudo import PSEUDO, strange


def reader_locale(language: str | None = None) -> str:
    """'es', 'pt_BR': of that language, or of the one this request is answered in. The pseudo-locale counts as English.

    Arabic is written with Western digits, Babel's default: see docs/translating.md.
    """
    code = language or get_language() or "en"
    return "en" if code == PSEUDO else code.replace("-", "_")


def spoken(name: str) -> str:
    """A name out of Babel's tables, which hold our languages whole: in the pseudo-locale it shows that it is no gap."""
    return strange(name) if get_language() == PSEUDO else name
