"""The few tags every template may use; they are built in, no {% load %} is needed."""

from datetime import datetime

from babel.dates import format_timedelta
from babel.numbers import format_decimal
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.kit.languages.reader import reader_locale
from portal.kit.money import format_money
from portal.kit.regions import country_name

register = template.Library()


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
    text = format_timedelta(moment - timezone.now(), add_direction=True, locale=_locale())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), moment.strftime("%Y-%m-%d %H:%M UTC"), text
    )


@register.filter
def percent_bp(rate_bp: int) -> str:
    """1250 basis points → 12.5%."""
    return f"{rate_bp / 100:g}%"


@register.filter
def country(code: str) -> str:
    return country_name(code)
