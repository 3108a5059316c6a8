"""The few tags every template may use; they are built in, no {% load %} is needed."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_timedelta
from babel.numbers import format_decimal, format_percent
from django import template
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from portal.kit.languages.reader import reader_locale
from portal.kit.money import format_money
from portal.kit.regions import country_name

register = template.Library()

DAY = 86_400
UNITS = (365 * DAY, 30 * DAY, 7 * DAY, DAY, 3_600, 60)
BABELS_THRESHOLD = 0.85  # from 0.85 of a unit on it is used: 21 hours are a day


def _locale() -> str:
    return reader_locale()


@register.simple_tag
def money(minor: int | None, currency: str, why: str = "") -> SafeString:
    """{% money row.amount_minor row.currency %}, or with why=url: the amount links to where it comes from."""
    if minor is None:
        return format_html('<span class="money">{}</span>', "–")
    text = format_money(int(minor), currency, _locale())
    kind = " money--negative" if minor < 0 else ""
    if why:
        return format_html('<a class="money{}" href="{}"><bdi>{}</bdi></a>', kind, why, text)
    return format_html('<span class="money{}"><bdi>{}</bdi></span>', kind, text)


@register.filter
def number(value: float | None) -> str:
    """12345 → 12,345 in the reader's locale."""
    return "–" if value is None else format_decimal(value, locale=_locale())


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """'3 days ago' with the exact moment in the `datetime` attribute."""
    if moment is None:
        return "–"
    # The reader's own clock, with its name: 14:05 CEST.
    local = timezone.localtime(moment)
    exact = local.isoformat()
    text = _ago(int((moment - timezone.now()).total_seconds()), _locale())
    # Nothing here needs escaping: an ISO date, the name of a zone, and the words of the locale data.
    return SafeString(f'<time datetime="{exact}" title="{exact[:10]} {exact[11:16]} {local.tzname()}">{text}</time>')


def _ago(seconds: int, locale: str) -> str:
    """Rounded as Babel rounds it, so that a page with twenty of them formats only the few that differ."""
    size = 1
    for unit in UNITS:
        if abs(seconds) >= unit * BABELS_THRESHOLD:
            size = unit
            break
    return _ago_kept(max(round(abs(seconds) / size), bool(seconds)) * size * (-1 if seconds < 0 else 1), locale)


@lru_cache(maxsize=4096)
def _ago_kept(seconds: int, locale: str) -> str:
    return escape(format_timedelta(timedelta(seconds=seconds), threshold=1, add_direction=True, locale=locale))


@register.filter
def percent_bp(rate_bp: int) -> str:
    """1250 basis points → 12.5%, in the reader's locale."""
    return format_percent(Decimal(rate_bp) / 10_000, locale=_locale(), decimal_quantization=False)


@register.filter
def country(code: str) -> str:
    return country_name(code)
