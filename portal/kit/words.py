"""Words that are made for somebody else: a notice is told by a worker or a stranger, and read in the reader's language.

What is made here becomes text only when it is read (`str()`), in the language and time zone of that moment;
`portal.notices.actions.tell` reads it as the person it tells.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import lazy
from django.utils.translation import gettext

from portal.kit.languages.reader import reader_locale
from portal.kit.money import format_money, format_totals

if TYPE_CHECKING:
    from django.utils.translation import gettext_lazy
else:
    _Lazy = type(lazy(gettext, str)(""))

    def _filled(template: object, values: object) -> str:
        return str(template) % values

    _filled_lazy = lazy(_filled, str)

    class _Words(_Lazy):
        """Django's lazy text, but `%` stays lazy too: Django's own is read at once, in the language of the writer."""

        def __mod__(self, values: object) -> Any:
            return _filled_lazy(self, values)

    def gettext_lazy(message: str) -> Any:
        """As Django's, and `gettext_lazy("…") % {…}` is read no earlier than the text itself."""
        return _Words((message,), {})


def _money(minor: int, currency: str) -> str:
    return format_money(minor, currency, reader_locale())


def _totals(totals: Mapping[str, int]) -> str:
    return format_totals(totals, reader_locale())


def _day(moment: date | datetime, form: str = "DATE_FORMAT") -> str:
    local = timezone.localtime(moment) if isinstance(moment, datetime) and timezone.is_aware(moment) else moment
    return date_format(local, form)


# '$4.99', '$4.99 · €3.00' and '15 December 2026' as the reader writes them.
money_lazy = lazy(_money, str)
totals_lazy = lazy(_totals, str)
day_lazy = lazy(_day, str)
