"""What people type on the hosted pages and in the console."""

from datetime import date

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.sandbox.cards import valid_number


class CardForm(forms.Form):
    card = forms.CharField(
        label=_("Card number"),
        max_length=23,
        initial="4242 4242 4242 4242",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "cc-number"}),
    )
    expiry = forms.CharField(
        label=_("Expiry (MM/YY)"),
        max_length=7,
        initial="12/34",
        widget=forms.TextInput(attrs={"autocomplete": "cc-exp"}),
    )
    cvc = forms.RegexField(
        r"^\d{3,4}$",
        label=_("Security code"),
        initial="123",
        error_messages={"invalid": _("Three or four digits.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "cc-csc"}),
    )

    def clean_card(self) -> str:
        number = self.cleaned_data["card"].replace(" ", "")
        if not valid_number(number):
            raise forms.ValidationError(_("Your card number is incorrect."))
        return number

    def clean_expiry(self) -> str:
        month, _slash, year = self.cleaned_data["expiry"].replace(" ", "").partition("/")
        if not (month.isdigit() and year.isdigit() and 1 <= int(month) <= 12):
            raise forms.ValidationError(_("Write the month and the year, for example 12/34."))
        if int(year) % 100 + 2000 < timezone.localdate().year:
            raise forms.ValidationError(_("Your card has expired."))
        return self.cleaned_data["expiry"]


class CheckoutForm(CardForm):
    email = forms.EmailField(label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    field_order = ["email", "card", "expiry", "cvc"]


class FreeCheckoutForm(forms.Form):
    """Nothing to pay now, so no card is asked for."""

    email = forms.EmailField(label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))


class PromotionCodeForm(forms.Form):
    code = forms.CharField(label=_("Promotion code"), max_length=64)


class PersonForm(forms.Form):
    first_name = forms.CharField(label=_("First name"), max_length=100, initial="Jenny")
    last_name = forms.CharField(label=_("Last name"), max_length=100, initial="Rosen")
    born_on = forms.DateField(
        label=_("Date of birth"), initial=date(1990, 1, 1), widget=forms.DateInput(attrs={"type": "date"})
    )


class BankForm(forms.Form):
    account_number = forms.RegexField(
        r"^\d{4,17}$",
        label=_("Account number"),
        initial="000123456789",
        help_text=_("000123456789 takes every payout; 000111111116 sends each of them back."),
        error_messages={"invalid": _("Between 4 and 17 digits.")},
    )


class TermsForm(forms.Form):
    agreed = forms.BooleanField(label=_("I agree to the terms of this sandbox"))


class AdvanceForm(forms.Form):
    until = forms.DateTimeField(
        label=_("Let time pass until (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
    )


# What staff read of portal.sandbox.faults.
FAULT_WORDS = {
    "rate_limit": _("Too many calls: nothing is done"),
    "server_error": _("Error 500: nothing is done"),
    "stored_error": _("Error 500, remembered for the key"),
    "timeout_after_commit": _("Done, but the answer is lost"),
    "balance_insufficient": _("The balance is too small"),
    "insufficient_capabilities": _("The account may not be paid"),
    "delay": _("An event comes late"),
    "duplicate": _("An event comes twice"),
    "reorder": _("An event overtakes those before it"),
}


class FaultForm(forms.Form):
    kind = forms.ChoiceField(label=_("Fault"), choices=list(FAULT_WORDS.items()))
    method = forms.ChoiceField(label=_("Method"), choices=[("*", "*"), ("POST", "POST"), ("GET", "GET")])
    path = forms.CharField(
        label=_("Path or event type"), initial="/v1/transfers", help_text=_("A pattern: /v1/payouts/*, invoice.*")
    )
    nth = forms.IntegerField(label=_("From which call on"), min_value=1, initial=1)
    times = forms.IntegerField(label=_("How often (0: until switched off)"), min_value=0, initial=1)
    seconds = forms.IntegerField(label=_("Seconds (for delays)"), min_value=0, initial=3600)


class TopUpForm(forms.Form):
    amount_minor = forms.IntegerField(label=_("Amount in minor units"), min_value=1, initial=100_000)
    currency = forms.ChoiceField(
        label=_("Currency"), choices=[(code, code.upper()) for code in ("usd", "eur", "gbp", "jpy")]
    )
