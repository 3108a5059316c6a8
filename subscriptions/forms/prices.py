from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.kit.money import parse_money, to_decimal
from subscriptions.models import MembershipTerms, PriceChange, PromoCode, Tier, TierPrice

LABELS = {
    TierPrice.Interval.MONTH: _("A month"),
    TierPrice.Interval.QUARTER: _("3 months"),
    TierPrice.Interval.HALF_YEAR: _("6 months"),
    TierPrice.Interval.YEAR: _("A year"),
    TierPrice.Interval.TWO_YEARS: _("24 months"),
}


class PricesForm(forms.Form):
    """What a tier costs new members, for each time they may pay for at once. Empty: not offered."""

    def __init__(self, *args: Any, tier: Tier, prices: list[TierPrice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = tier.creator.currency
        held = {price.interval: to_decimal(price.amount_minor, price.currency) for price in prices}
        for interval, label in LABELS.items():
            self.fields[interval.value] = forms.CharField(
                label=label, max_length=12, required=False, initial=held.get(interval.value, "")
            )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        amounts: dict[str, int | None] = {}
        for name, text in list(values.items()):
            try:
                amounts[name] = parse_money(text, self.currency) if text.strip() else None
            except ValueError as error:
                self.add_error(name, str(error))
        if not self.errors and not any(amounts.values()):
            raise forms.ValidationError(_("Offer one at least. To take the tier off sale, archive it."))
        return amounts


class PriceChangeForm(forms.Form):
    """From when on existing members pay what new ones pay."""

    price = forms.ModelChoiceField(
        queryset=TierPrice.objects.none(), to_field_name="public_id", widget=forms.HiddenInput
    )
    effective_date = forms.DateField(
        label=_("From"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Each member is told now, and pays it from their first renewal on or after that day."),
    )

    def __init__(self, *args: Any, tier: Tier, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["price"].queryset = tier.prices.for_all()  # type: ignore[attr-defined]

    def effective_at(self) -> datetime:
        """The beginning of that day, in the portal's time."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["effective_date"], time.min))


def earliest_date(today: date) -> date:
    """The first day that leaves members the time they must have."""
    return today + timedelta(days=PriceChange.NOTICE_DAYS + 1)


class LeavingForm(forms.ModelForm):
    """`codes`: the creator's codes that are switched on."""

    def __init__(self, *args: Any, codes: QuerySet[PromoCode] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = codes
        self.fields["save_again_months"].required = False
        self.fields["save_offer"].choices = [("", _("nothing")), *MembershipTerms.SaveOffer.choices]  # type: ignore[attr-defined]

    class Meta:
        model = MembershipTerms
        fields = ("pauses", "save_offer", "save_code", "save_again_months")
        labels: ClassVar = {"save_offer": _("What I offer somebody who leaves")}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        offer, word = values.get("save_offer"), values.get("save_code", "").strip().upper()
        if offer in (MembershipTerms.SaveOffer.CODE, MembershipTerms.SaveOffer.DISCOUNT) and not word:
            self.add_error("save_code", _("Which code? Make it among your codes first."))
        values["save_again_months"] = values.get("save_again_months") or MembershipTerms.SaveAgain.YEAR
        if offer == MembershipTerms.SaveOffer.DISCOUNT and word and self.codes is not None:
            promo = self.codes.filter(code=word).first()
            if promo is None or promo.duration == PromoCode.Duration.ONCE:
                self.add_error("save_code", _("Choose a code of yours that counts for some months, or for ever."))
        return values
