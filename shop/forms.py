from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kit.money import parse_money, to_decimal
from portal.kit.regions import country_choices
from shop.models import Brand, Product


class AmountField(forms.CharField):
    """An amount as people write it, in minor units once cleaned; `currency` is set by the form."""

    currency = "usd"

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            minor = parse_money(text, self.currency)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if minor < 0:
            raise forms.ValidationError(_("An amount is not below zero."))
        return minor


class ProductForm(forms.Form):
    sku = forms.CharField(
        label=_("SKU"), max_length=40, help_text=_("The number your shop sends with each order line.")
    )
    title = forms.CharField(label=_("Title"), max_length=120)
    description = forms.CharField(label=_("Description"), max_length=2000, required=False, widget=forms.Textarea)
    url = forms.URLField(
        label=_("Address in your shop"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=_("Where a click leads, with https. Empty: the product's page here."),
    )
    price = AmountField(label=_("Price"))
    rate_percent = forms.DecimalField(
        label=_("Commission in percent"),
        min_value=Decimal(1),
        max_value=Decimal(80),
        decimal_places=2,
        help_text=_("A raise counts at once. A cut begins after two days, and links keep their rate for 30 days."),
    )
    regions = forms.MultipleChoiceField(
        label=_("Open to creators and buyers in"),
        choices=country_choices,
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )

    def __init__(self, *args: Any, brand: Brand, product: Product | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["price"].currency = brand.currency  # type: ignore[attr-defined]
        self.fields["price"].help_text = _("In %(currency)s.") % {"currency": brand.currency.upper()}
        if product is not None:
            # Orders name it: it stays what it is.
            self.fields["sku"].disabled = True

    def clean_url(self) -> str:
        url = self.cleaned_data["url"]
        if url and not url.startswith("https://"):
            raise forms.ValidationError(_("The address begins with https://."))
        return url

    def rate_bp(self) -> int:
        return int(self.cleaned_data["rate_percent"] * 100)

    @staticmethod
    def initial_of(product: Product, rate_bp: int, regions: list[str]) -> dict[str, Any]:
        return {
            "sku": product.sku,
            "title": product.title,
            "description": product.description,
            "url": product.url,
            "price": str(to_decimal(product.price_minor, product.currency)),
            "rate_percent": Decimal(rate_bp) / 100,
            "regions": regions,
        }


class TopUpForm(forms.Form):
    amount = AmountField(label=_("Amount"))

    def __init__(self, *args: Any, brand: Brand, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = brand.currency  # type: ignore[attr-defined]
        self.fields["amount"].help_text = _("In %(currency)s. Paid on our payment provider's page.") % {
            "currency": brand.currency.upper()
        }


class TargetPlanForm(forms.Form):
    handle = forms.CharField(label=_("Creator's handle"), max_length=31, help_text=_("Such as @mika."))
    rate_percent = forms.DecimalField(
        label=_("Commission in percent"), min_value=Decimal(1), max_value=Decimal(80), decimal_places=2
    )

    def clean_handle(self) -> str:
        return self.cleaned_data["handle"].strip().removeprefix("@").lower()
