"""Form fields and widgets that several apps use: amounts of money, choice cards, switches, days, files to drop."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.kit.languages.reader import reader_locale
from portal.kit.money import NotAnAmount, TooManyPlaces, read_money, write_amount


@dataclass(frozen=True)
class Choice:
    """What a choice card says: a title, a line of explanation, a short note at its end (a price), an icon's name."""

    title: str | Promise
    text: str | Promise = ""
    note: str | Promise = ""
    disabled: bool = False

    def __str__(self) -> str:
        return str(self.title)


class ChoiceCards(forms.RadioSelect):
    """One of a few, each a card. Choices are (value, "label") or (value, Choice(…)); `columns=False` sets them in a list."""

    template_name = "django/forms/widgets/choice_cards.html"

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = (), *, columns: bool = True) -> None:
        super().__init__(attrs, choices)
        self.columns = columns

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {"columns": self.columns}

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, label, *args, **kwargs)
        if getattr(label, "disabled", False):
            option["attrs"]["disabled"] = True
        return option


class ChoiceCardsMultiple(forms.CheckboxSelectMultiple):
    """Any of a few, each a card, as `ChoiceCards`."""

    template_name = "django/forms/widgets/choice_cards.html"

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = (), *, columns: bool = True) -> None:
        super().__init__(attrs, choices)
        self.columns = columns

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {"columns": self.columns}


class Switch(forms.CheckboxInput):
    """On or off. For what counts once the form is saved; what acts at once is `ui/switch.html`."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "switch", "role": "switch"} | (attrs or {}))


class DayInput(forms.DateInput):
    """A day, with the browser's own calendar in the reader's own order of day and month."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class FileDrop(forms.FileInput):
    """A file to choose, or to drop where there are scripts. Progress shows while it is on its way."""

    template_name = "django/forms/widgets/file_drop.html"


class MoneyInput(forms.TextInput):
    template_name = "django/forms/widgets/money.html"
    currency = "usd"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        return context | {"currency": self.currency.upper()}

    def format_value(self, value: Any) -> str | None:
        """Minor units as an amount; what a person has typed stays as they typed it."""
        return write_amount(value, self.currency, _locale()) if isinstance(value, int) else value


class MoneyField(forms.CharField):
    """An amount as people write it in their language, minor units once cleaned; None where it is empty.

    Set `currency` in the form's __init__ where it is not known before: `self.fields["price"].currency = "eur"`.
    """

    widget = MoneyInput
    default_error_messages = {
        "no_amount": _("“%(text)s” is not an amount. Write it like %(example)s."),
        "places": _("“%(text)s” has more decimal places than %(currency)s has."),
        "least": _("At least %(amount)s."),
        "most": _("At most %(amount)s."),
    }

    def __init__(
        self, *, currency: str = "usd", least_minor: int = 0, most_minor: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**{"max_length": 24} | kwargs)
        self.least_minor, self.most_minor = least_minor, most_minor
        self.currency = currency

    @property
    def currency(self) -> str:
        return self._currency

    @currency.setter
    def currency(self, code: str) -> None:
        self._currency = code.lower()
        self.widget.currency = self._currency

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"inputmode": "decimal", "autocomplete": "off"}

    def __deepcopy__(self, memo: Any) -> "MoneyField":
        copied = super().__deepcopy__(memo)
        copied.currency = self.currency
        return copied

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            minor = read_money(text, self.currency, _locale())
        except NotAnAmount as wrong:
            raise self._error("no_amount", text=text[:20], example=wrong.example) from None
        except TooManyPlaces:
            raise self._error("places", text=text[:20], currency=self.currency.upper()) from None
        if minor < self.least_minor:
            raise self._error("least", amount=write_amount(self.least_minor, self.currency, _locale()))
        if self.most_minor is not None and minor > self.most_minor:
            raise self._error("most", amount=write_amount(self.most_minor, self.currency, _locale()))
        return minor

    def has_changed(self, initial: Any, data: Any) -> bool:
        if isinstance(initial, int):
            initial = write_amount(initial, self.currency, _locale())
        return super().has_changed(initial, data)

    def _error(self, code: str, **values: str) -> forms.ValidationError:
        return forms.ValidationError(self.error_messages[code], code=code, params=values)


def _locale() -> str:
    return reader_locale()
