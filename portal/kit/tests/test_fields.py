import pytest
from django import forms
from django.utils import translation

from portal.kit.fields import Choice, ChoiceCards, DayInput, FileDrop, MoneyField, Switch
from portal.kit.money import NotAnAmount, TooManyPlaces, read_money, write_amount


class PriceForm(forms.Form):
    price = MoneyField(label="Price", currency="eur", least_minor=100, most_minor=100_000)
    tip = MoneyField(label="Tip", required=False)
    plan = forms.ChoiceField(
        label="Plan",
        widget=ChoiceCards,
        choices=[("month", Choice("Monthly", "Stop any month.", "$5")), ("week", Choice("Weekly", disabled=True))],
    )
    on = forms.BooleanField(label="On", widget=Switch, required=False)
    day = forms.DateField(label="Day", widget=DayInput, required=False)
    art = forms.FileField(label="Art", widget=FileDrop, required=False)


@pytest.mark.parametrize(
    ("text", "currency", "locale", "minor"),
    [
        ("4.99", "usd", "en", 499),
        ("4,99", "usd", "en", 499),
        ("1,204.50", "usd", "en", 120_450),
        ("1.204,50", "usd", "en", 120_450),
        ("1,204", "usd", "en", 120_400),
        ("1.204", "eur", "de", 120_400),
        ("1 204,5 €", "eur", "fr", 120_450),
        ("1\u202f204,50", "eur", "fr", 120_450),
        ("1'204.50", "chf", "de-CH", 120_450),
        ("٤٫٩٩", "usd", "ar", 499),
        ("۱۲۰۴", "usd", "fa", 120_400),
        ("$5", "usd", "en", 500),
        ("5 USD", "usd", "en", 500),
        ("-3", "usd", "en", -300),
        (".5", "usd", "en", 50),
        ("500", "jpy", "en", 500),
        ("1.234", "kwd", "en", 1_234),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, currency: str, locale: str, minor: int) -> None:
    assert read_money(text, currency, locale) == minor


@pytest.mark.parametrize("text", ["", "abc", "1,2,3", "4.9.9", "1e5", "NaN", "9" * 40, "--4", "4-"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        read_money(text, "usd", "en")


def test_more_places_than_the_currency_has_are_refused() -> None:
    for text, currency, locale in (("1.234", "usd", "en"), ("1,234", "eur", "de"), ("5.5", "jpy", "en")):
        with pytest.raises(TooManyPlaces):
            read_money(text, currency, locale)
    assert read_money("5.00", "jpy", "en") == 5


@pytest.mark.parametrize("locale", ["en", "de", "fr", "es", "ar", "hi", "sv"])
@pytest.mark.parametrize("currency", ["usd", "jpy", "kwd"])
def test_what_is_written_is_read_again(locale: str, currency: str) -> None:
    for minor in (0, 1, 99, 120_450, 987_654_321):
        assert read_money(write_amount(minor, currency, locale), currency, locale) == minor


def test_a_form_cleans_to_minor_units_and_keeps_what_was_typed() -> None:
    good = PriceForm({"price": "12,50", "plan": "month"})
    assert good.is_valid(), good.errors
    assert good.cleaned_data["price"] == 1250
    assert good.cleaned_data["tip"] is None
    bad = PriceForm({"price": "0,5o", "plan": "week"})
    assert bad.errors["price"] == ["“0,5o” is not an amount. Write it like 1234.50."]
    assert 'value="0,5o"' in str(bad["price"])


def test_limits_are_told_in_the_readers_language() -> None:
    with translation.override("es"):
        assert "1,00" in PriceForm({"price": "0,99", "plan": "month"}).errors["price"][0]
        assert 'value="4,99"' in str(PriceForm(initial={"price": 499})["price"])
    assert "1000.00" in PriceForm({"price": "1000.01", "plan": "month"}).errors["price"][0]


def test_one_form_never_changes_the_currency_of_another() -> None:
    first, second = PriceForm(), PriceForm()
    first.fields["price"].currency = "jpy"  # type: ignore[attr-defined]
    assert "JPY" in str(first["price"])
    assert "EUR" in str(second["price"])
    assert "EUR" in str(PriceForm()["price"])


def test_what_did_not_change_is_seen() -> None:
    assert not PriceForm({"price": "4.99", "plan": "month"}, initial={"price": 499, "plan": "month"}).has_changed()


def test_pieces_are_what_browsers_know() -> None:
    html = PriceForm().as_div()
    assert 'inputmode="decimal"' in html
    assert 'role="switch"' in html
    assert 'type="date"' in html
    assert 'type="file"' in html
    assert "Stop any month." in html
    assert html.count('type="radio"') == 2
    assert html.count("disabled") == 1
