from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.money import parse_money, to_decimal
from subscriptions.models import Benefit, MembershipTerms, Tier, TierPrice, Trial
from subscriptions.models.tiers import BADGE_LABEL


class TierForm(forms.Form):
    """A tier, its price, and what it holds. Typed benefits are boxes to tick; custom ones are written, one a line."""

    name = forms.CharField(label=_("Name"), max_length=40)
    amount = forms.CharField(label=_("Price"), max_length=12)
    interval = forms.ChoiceField(label=_("Every"), choices=TierPrice.Interval.choices)
    description = forms.CharField(label=_("Description"), max_length=300, required=False)
    badge = forms.CharField(
        label=_("Badge"),
        max_length=8,
        required=False,
        validators=[BADGE_LABEL],
        help_text=_("A short word that members carry beside their name."),
    )
    seats = forms.IntegerField(
        label=_("Places"), min_value=1, max_value=1_000_000, required=False, help_text=_("Empty: as many as want to.")
    )
    trial_days = forms.IntegerField(
        label=_("Free days to try it"),
        min_value=0,
        max_value=Trial.MOST_DAYS,
        required=False,
        help_text=_("0 to 30. Each person has one trial with you; the first payment comes after it."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("What it holds"),
        choices=[choice for choice in Benefit.Kind.choices if choice[0] != Benefit.Kind.CUSTOM],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("A higher tier contains everything of the lower ones."),
    )
    promises = forms.CharField(
        label=_("Other promises"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=400,
        required=False,
        help_text=_("One a line, for example: a call once a month."),
    )

    welcome = forms.CharField(
        label=_("Welcome message"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        required=False,
        help_text=_("New members read it on the page that thanks them, and as a notice."),
    )

    def __init__(self, *args: Any, creator: Creator, tier: Tier | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.creator = creator
        self.fields["amount"].help_text = _(
            "In %(currency)s, for example 4.99. Members keep the price they joined at."
        ) % {"currency": creator.currency.upper()}
        if tier is not None:
            del self.fields["interval"]

    def clean_amount(self) -> int:
        try:
            return parse_money(self.cleaned_data["amount"], self.creator.currency)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_trial_days(self) -> int:
        return self.cleaned_data["trial_days"] or 0

    def clean_promises(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["promises"].splitlines() if line.strip()]
        if any(len(line) > 80 for line in lines):
            raise forms.ValidationError(_("A promise has at most 80 characters."))
        return list(dict.fromkeys(lines))


# What one can start from instead of an empty form: all of it may be changed before it is saved.
TIER_TEMPLATES: dict[str, dict[str, Any]] = {
    "supporter": {
        "name": _("Supporter"),
        "amount": "4.99",
        "description": _("For everybody who wants this to go on."),
        "badge": "FAN",
        "kinds": [Benefit.Kind.BADGE, Benefit.Kind.CONTENT],
        "promises": "",
        "welcome": _("Thank you. Everything for members is in your library."),
    },
    "insider": {
        "name": _("Insider"),
        "amount": "9.99",
        "description": _("Come closer: the chat, the emojis, and what I do not show elsewhere."),
        "badge": "INSIDE",
        "kinds": [Benefit.Kind.BADGE, Benefit.Kind.CONTENT, Benefit.Kind.CHAT, Benefit.Kind.EMOJIS],
        "promises": "",
        "welcome": _("Good to have you. Say hello in the chat."),
    },
    "patron": {
        "name": _("Patron"),
        "amount": "24.99",
        "description": _("A few places, and my time."),
        "badge": "PATRON",
        "seats": 25,
        "kinds": [Benefit.Kind.BADGE, Benefit.Kind.CONTENT, Benefit.Kind.CHAT, Benefit.Kind.EMOJIS],
        "promises": _("One question of yours answered a month"),
        "welcome": _("Thank you. Write me your first question whenever you like."),
    },
}


def tier_values(tier: Tier, price: TierPrice | None) -> dict[str, Any]:
    """What the form of a tier shows at first."""
    benefits = list(tier.benefits.all())
    return {
        "name": tier.name,
        "amount": to_decimal(price.amount_minor, price.currency) if price else "",
        "description": tier.description,
        "badge": tier.badge,
        "seats": tier.seats,
        "trial_days": tier.trial_days,
        "welcome": tier.welcome,
        "kinds": [benefit.kind for benefit in benefits if benefit.kind != Benefit.Kind.CUSTOM],
        "promises": "\n".join(benefit.title for benefit in benefits if benefit.kind == Benefit.Kind.CUSTOM),
    }


def as_typed(posted: QueryDict) -> dict[str, Any]:
    """What a form holds as it was written, right or wrong, to go on from."""
    names = ("name", "amount", "interval", "description", "badge", "seats", "trial_days", "promises", "welcome")
    return {name: posted.get(name, "") for name in names} | {"kinds": posted.getlist("kinds")}


class GraceForm(forms.Form):
    grace_days = forms.TypedChoiceField(
        label=_("Access after a failed payment"), choices=MembershipTerms.Grace.choices, coerce=int
    )
