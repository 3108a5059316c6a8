from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.kit.fields import DayInput
from portal.kit.money import format_money

# Mails that are to come on a day come in its morning.
IN_THE_MORNING = time(9, tzinfo=UTC)


class DeliveryForm(forms.Form):
    """To whom a gift goes, and when. Days are UTC."""

    recipient_name = forms.CharField(label=_("Their name"), max_length=60, required=False)
    recipient_email = forms.EmailField(
        label=_("Their email"),
        required=False,
        help_text=_("Empty: you get the link and pass it on yourself."),
    )
    deliver_on = forms.DateField(
        label=_("Send it on"),
        widget=DayInput,
        required=False,
        help_text=_("Empty: as soon as it is paid. At most a year ahead."),
    )

    def clean_deliver_on(self) -> datetime | None:
        day = self.cleaned_data["deliver_on"]
        return datetime.combine(day, IN_THE_MORNING) if day else None

    @property
    def words(self) -> dict[str, Any]:
        """What the deeds take."""
        known = dict(self.cleaned_data)
        known["deliver_at"] = known.pop("deliver_on")
        return {name: value for name, value in known.items() if name != "months"}


class GiftForm(DeliveryForm):
    """A gift: how long, for whom, with which words."""

    months = forms.TypedChoiceField(label=_("How long"), coerce=int, widget=forms.RadioSelect)
    message = forms.CharField(label=_("A word with it"), max_length=500, required=False, widget=forms.Textarea)
    field_order = ("months", "recipient_name", "recipient_email", "message", "deliver_on")

    def __init__(self, *args: Any, choices: list[tuple[int, int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["months"].choices = [  # type: ignore[attr-defined]
            (months, _long(months) % {"months": months, "amount": format_money(amount, currency)})
            for months, amount, currency in choices
        ]
        self.fields["message"].widget.attrs["rows"] = 3


def _long(months: int) -> str:
    return ngettext("%(months)s month for %(amount)s", "%(months)s months for %(amount)s", months)
