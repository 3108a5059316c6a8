from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.fields import DayInput
from subscriptions.actions.pools import Wish
from subscriptions.models import Gift, PoolFunding, PoolRules, Tier

# Entries open in the morning of their day and close in its evening, UTC.
OPENS, CLOSES = time(9, tzinfo=UTC), time(18, tzinfo=UTC)


def _numbers(values: tuple[int, ...]) -> list[tuple[int, str]]:
    return [(value, str(value)) for value in values]


class RulesForm(forms.Form):
    """The rules of a gift pool. Days are UTC."""

    who = forms.ChoiceField(label=_("Who may enter"), choices=PoolRules.Who.choices, widget=forms.RadioSelect)
    spoke_days = forms.TypedChoiceField(
        label=_("“Lately” means within so many days"), choices=_numbers(PoolRules.SPOKE_DAYS), coerce=int, initial=30
    )
    listed = forms.CharField(
        label=_("The people on the list"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=20_000,
        required=False,
        help_text=_(
            "Only for a list: an email address or a handle (@mika) a line. We keep hashes of them, not the list."
        ),
    )
    way = forms.ChoiceField(label=_("How seats go out"), choices=PoolRules.Way.choices, widget=forms.RadioSelect)
    opens_on = forms.DateField(
        label=_("Entries open on"), widget=DayInput, required=False, help_text=_("Empty: at once. In the morning, UTC.")
    )
    closes_on = forms.DateField(
        label=_("Entries close on"),
        widget=DayInput,
        help_text=_("In the evening (18:00 UTC), within 60 days. A draw is held an hour later."),
    )
    claim_days = forms.TypedChoiceField(
        label=_("Days to claim a seat"), choices=_numbers(PoolRules.CLAIM_DAYS), coerce=int, initial=7
    )
    rounds = forms.TypedChoiceField(
        label=_("How many people a seat is offered to, one after the other"),
        choices=_numbers(PoolRules.ROUNDS),
        coerce=int,
        initial=2,
    )

    def wish(self, now: datetime) -> Wish:
        """What the deeds take."""
        values = self.cleaned_data
        closes_at = datetime.combine(values["closes_on"], CLOSES)
        opens_on: date | None = values["opens_on"]
        return Wish(
            who=values["who"],
            way=values["way"],
            opens_at=datetime.combine(opens_on, OPENS) if opens_on else now,
            closes_at=closes_at,
            draws_at=closes_at + PoolRules.FROZEN_FOR,
            claim_days=values["claim_days"],
            rounds=values["rounds"],
            spoke_days=values["spoke_days"],
            listed=tuple(values["listed"].splitlines()),
        )


class PoolForm(RulesForm):
    """A new pool: what a seat is, and the rules."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=16)
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What it is for, in a few words."))
    words = forms.CharField(
        label=_("A few words more"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    tier = forms.ModelChoiceField(label=_("A seat is"), queryset=Tier.objects.none(), to_field_name="public_id")
    months = forms.TypedChoiceField(label=_("For so many months"), choices=_numbers(Gift.MONTHS), coerce=int)
    field_order = ("key", "name", "words", "tier", "months")

    def __init__(self, *args: Any, creator: Creator, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tiers = Tier.objects.not_archived().filter(creator=creator, published_at__isnull=False)
        self.fields["tier"].queryset = tiers  # type: ignore[attr-defined]


class RulesChangeForm(RulesForm):
    """Another version of the rules."""

    what_changed = forms.CharField(
        label=_("What changed"), max_length=200, help_text=_("One sentence. It stands beside the rules, for good.")
    )


class SeatsForm(forms.Form):
    """How many seats somebody pays for."""

    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=PoolFunding.MOST_SEATS, initial=1)
    is_anonymous = forms.BooleanField(label=_("Without my name"), required=False)


class CallOffForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it does not happen"), max_length=200, help_text=_("Those who paid and those who entered read it.")
    )
