from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.fields import DayInput, MoneyField
from subscriptions.models import PromoCode, Tier, TierPrice
from subscriptions.models.promos import CODE, MOST_MONTHS


class PromoForm(forms.Form):
    """A new code: what it takes off, how long, for what, and how often. Days are UTC; the last day counts whole."""

    code = forms.CharField(
        label=_("Code"), max_length=24, help_text=_("What fans type in, for example SPRING. Capitals do not matter.")
    )
    percent = forms.IntegerField(label=_("Percent off"), min_value=1, max_value=100, required=False)
    amount = MoneyField(label=_("Or an amount off"), least_minor=1, required=False)
    duration = forms.ChoiceField(label=_("Counts for"), choices=PromoCode.Duration.choices)
    months = forms.IntegerField(
        label=_("How many months"),
        min_value=1,
        max_value=MOST_MONTHS,
        required=False,
        help_text=_("Only with “some months”; such a code is for memberships paid by the month."),
    )
    tiers = forms.ModelMultipleChoiceField(
        label=_("For these tiers"),
        queryset=Tier.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None ticked: every tier."),
    )
    interval = forms.ChoiceField(
        label=_("Paid every"), choices=[("", _("however often")), *TierPrice.Interval.choices], required=False
    )
    starts_on = forms.DateField(label=_("From"), widget=DayInput, required=False, help_text=_("Empty: from now on."))
    ends_on = forms.DateField(
        label=_("Last day"), widget=DayInput, required=False, help_text=_("Empty: until you switch it off.")
    )
    most_uses = forms.IntegerField(
        label=_("Uses in all"), min_value=1, max_value=1_000_000, required=False, help_text=_("Empty: any number.")
    )
    most_per_person = forms.IntegerField(
        label=_("Uses per person"),
        min_value=1,
        max_value=100,
        initial=1,
        help_text=_("A person is told by account, mailbox and card."),
    )

    def __init__(self, *args: Any, creator: Creator, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = creator.currency  # type: ignore[attr-defined]
        self.fields["tiers"].queryset = Tier.objects.not_archived().filter(creator=creator)  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        word = str(self.cleaned_data["code"]).strip().upper()
        CODE(word)
        return word

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "percent" in values and "amount" in values and (values["percent"] is None) == (values["amount"] is None):
            self.add_error("percent", _("Say either how many percent it takes off, or which amount."))
        if values.get("duration") == PromoCode.Duration.MONTHS and not values.get("months"):
            self.add_error("months", _("Say for how many months it counts."))
        if values.get("starts_on") and values.get("ends_on") and values["ends_on"] < values["starts_on"]:
            self.add_error("ends_on", _("A code ends after it begins."))
        return values

    def terms(self) -> dict[str, Any]:
        """What `add_promo` takes."""
        values = self.cleaned_data
        starts, ends = values["starts_on"], values["ends_on"]
        return {
            "code": values["code"],
            "percent": values["percent"],
            "amount_minor": values["amount"],
            "duration": values["duration"],
            "months": values["months"],
            "tiers": values["tiers"],
            "interval": values["interval"],
            "starts_at": datetime.combine(starts, time.min, UTC) if starts else None,
            "ends_at": datetime.combine(ends, time.max, UTC) if ends else None,
            "most_uses": values["most_uses"],
            "most_per_person": values["most_per_person"],
        }
