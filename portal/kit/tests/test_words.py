"""What is told to somebody is read in their language and time zone, whoever told it and wherever."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from portal.kit.words import day_lazy, gettext_lazy, money_lazy, totals_lazy

MIDNIGHT = datetime(2026, 5, 31, 23, 30, tzinfo=UTC)


@pytest.mark.once
def test_a_filled_text_is_read_in_the_language_of_the_reader() -> None:
    told = gettext_lazy("Receipt: %(amount)s for %(creator)s") % {
        "amount": money_lazy(123456, "usd"),
        "creator": "Mika",
    }
    assert str(told) == "Receipt: $1,234.56 for Mika"
    with translation.override("es"):
        assert str(told) == "Recibo: 1.234,56\xa0US$ para Mika"


@pytest.mark.once
def test_a_day_is_the_readers_day() -> None:
    day = day_lazy(MIDNIGHT)
    assert str(day) == "May 31, 2026"
    with timezone.override(ZoneInfo("Asia/Tokyo")), translation.override("es"):
        assert str(day) == "1 de junio de 2026"
    assert str(day_lazy(MIDNIGHT.date(), "YEAR_MONTH_FORMAT")) == "May 2026"


@pytest.mark.once
def test_several_currencies_stand_on_one_line() -> None:
    assert str(totals_lazy({"usd": 499, "eur": 300})) == "€3.00 · $4.99"
