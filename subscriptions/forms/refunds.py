from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kit.fields import MoneyField


class RefundAmountForm(forms.Form):
    """How much to look at; empty is all that is left."""

    amount = MoneyField(label=_("How much"), least_minor=1, required=False, help_text=_("Empty: all that is left."))

    def __init__(self, *args: Any, currency: str, left: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]
        self.fields["amount"].most_minor = left  # type: ignore[attr-defined]


class RefundForm(forms.Form):
    """The amount that was looked at, in minor units, and why."""

    amount_minor = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**53)
    reason = forms.CharField(
        label=_("Why"), max_length=200, required=False, help_text=_("For your own records and for staff.")
    )
