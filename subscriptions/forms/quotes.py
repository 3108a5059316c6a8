from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kit.money import parse_money, to_decimal
from subscriptions.models import Quote, Tier, TierPrice
from subscriptions.queries.quotes import PAUSES


class WishForm(forms.Form):
    """How somebody wants to pay: how often, how much, with which code. Nothing filled in is the price itself."""

    interval = forms.ChoiceField(label=_("Pay"), choices=TierPrice.Interval.choices, required=False)
    amount = forms.CharField(
        label=_("Pay more, if you like"),
        max_length=12,
        required=False,
        help_text=_("Each time; at least the price. The creator gets their part of it."),
    )
    code = forms.CharField(label=_("Code"), max_length=24, required=False)

    def __init__(self, *args: Any, currency: str, prices: list[TierPrice] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        if prices is not None:
            self.fields["interval"].choices = [(price.interval, price.every) for price in prices]  # type: ignore[attr-defined]

    def clean_amount(self) -> int | None:
        text = self.cleaned_data["amount"].strip()
        if not text:
            return None
        try:
            return parse_money(text, self.currency)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


def wish_values(quote: Quote) -> dict[str, Any]:
    """What the form shows for a quote to join."""
    assert quote.price is not None
    is_more = quote.amount_minor > quote.price.amount_minor
    return {
        "interval": quote.price.interval,
        "amount": to_decimal(quote.amount_minor, quote.currency) if is_more else "",
        "code": quote.code,
    }


class PlanForm(WishForm):
    """Another plan for somebody who is a member."""

    tier = forms.ModelChoiceField(queryset=Tier.objects.none(), to_field_name="public_id")

    def __init__(self, *args: Any, tiers: list[Tier], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, currency=currency, **kwargs)
        del self.fields["code"]
        chosen = Tier.objects.filter(pk__in=[tier.pk for tier in tiers])
        self.fields["tier"].queryset = chosen.select_related("creator")  # type: ignore[attr-defined]


class PauseForm(forms.Form):
    months = forms.TypedChoiceField(
        label=_("For how long?"), coerce=int, choices=[(months, str(months)) for months in PAUSES]
    )
