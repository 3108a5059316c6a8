"""The reader's locale, as Babel names it, for numbers, money and dates."""

from django.utils.translation import get_language

PSEUDO = "en-xa"


def reader_locale(language: str | None = None) -> str:
    """'es', 'pt_BR': of that language, or of the one this request is answered in. The pseudo-locale counts as English.

    Arabic is written with Western digits, Babel's default: see docs/translating.md.
    """
    code = language or get_language() or "en"
    return "en" if code == PSEUDO else code.replace("-", "_")
