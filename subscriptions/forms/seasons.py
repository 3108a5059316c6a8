from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.fields import DayInput
from subscriptions.models import Place, Season, Tier


class SeasonForm(forms.Form):
    """A season: for which tier, from when until when, billed on which day, and what everybody in it gets. Days are UTC."""

    tier = forms.ModelChoiceField(label=_("For the tier"), queryset=Tier.objects.none(), empty_label=None)
    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("Fans read it, for example “Winter box”."))
    opens_on = forms.DateField(
        label=_("First day of sign-ups"), widget=DayInput, help_text=_("Days begin and end in UTC.")
    )
    closes_on = forms.DateField(label=_("Last day of sign-ups"), widget=DayInput, help_text=_("It counts whole."))
    billing_on = forms.DateField(
        label=_("Billing day"),
        widget=DayInput,
        help_text=_(
            "Everybody is charged on this day, and on its day of the month from then on. Three days after the last day of"
            " sign-ups, or later."
        ),
    )
    first_period = forms.ChoiceField(
        label=_("Until the billing day"), choices=Season.FirstPeriod.choices, widget=forms.RadioSelect
    )
    places = forms.IntegerField(
        label=_("Places"), min_value=1, max_value=1_000_000, required=False, help_text=_("Empty: as many as want to.")
    )
    owes = forms.CharField(
        label=_("What you send to each of them"),
        max_length=120,
        required=False,
        help_text=_("For example “A parcel with a print”. Empty: nothing is sent."),
    )
    asks = forms.ChoiceField(label=_("What you need for it"), choices=Season.Asks.choices, widget=forms.RadioSelect)
    question = forms.CharField(
        label=_("Your question"),
        max_length=120,
        required=False,
        help_text=_("Only with “a few words”, for example “Whom shall I sign it for?”"),
    )

    def __init__(self, *args: Any, creator: Creator, season: Season | None = None, **kwargs: Any) -> None:
        if season is not None:
            kwargs["initial"] = season_values(season)
        super().__init__(*args, **kwargs)
        tiers = Tier.objects.on_sale().filter(creator=creator)
        self.fields["tier"].queryset = tiers  # type: ignore[attr-defined]
        if season is not None:
            del self.fields["tier"]

    def terms(self, now: datetime) -> dict[str, Any]:
        """What `add_season` takes; one that begins today begins now."""
        values = dict(self.cleaned_data)
        opens = datetime.combine(values.pop("opens_on"), time.min, UTC)
        values["opens_at"] = max(opens, now) if opens.date() == now.date() else opens
        values["closes_at"] = datetime.combine(values.pop("closes_on"), time.max, UTC).replace(microsecond=0)
        values["billing_date"] = values.pop("billing_on")
        return values


def season_values(season: Season) -> dict[str, Any]:
    """What the form shows for a season."""
    plain = ("name", "first_period", "places", "owes", "asks", "question")
    days = {"opens_on": season.opens_at.astimezone(UTC).date(), "closes_on": season.closes_at.astimezone(UTC).date()}
    return {name: getattr(season, name) for name in plain} | days | {"billing_on": season.billing_date}


class PlaceForm(forms.Form):
    """What the creator needs: a postal address, or a few words."""

    name = forms.CharField(label=_("Name on the parcel"), max_length=120)
    address = forms.CharField(
        label=_("Postal address"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "street-address"}),
        help_text=_(
            "Street, town, post code and country. Only the creator sees it, and staff where they have to help."
        ),
    )
    note = forms.CharField(label=_("Your words"), max_length=300)

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        kwargs["initial"] = {"name": place.name or place.fan.name, "address": place.address, "note": place.note}
        super().__init__(*args, **kwargs)
        asks = place.season.asks
        unasked = ("note",) if asks == Season.Asks.ADDRESS else ("name", "address")
        for name in unasked:
            del self.fields[name]
        if asks == Season.Asks.NOTE:
            self.fields["note"].label = place.season.question


class SentForm(forms.Form):
    """When it was sent, and a tracking number."""

    sent_on = forms.DateField(label=_("Sent on"), widget=DayInput)
    note = forms.CharField(label=_("Tracking number or a note"), max_length=120, required=False)

    def __init__(self, *args: Any, today: date | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {"sent_on": today or timezone.now().date()}
        super().__init__(*args, **kwargs)
