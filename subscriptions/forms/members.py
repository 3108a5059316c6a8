from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from subscriptions.models import Cancellation, Grant, MemberNote, Tier, TierPrice
from subscriptions.queries.leaving import NO_REASON
from subscriptions.queries.members import SORTS, STATUSES, MemberFilter

ALL = ("", _("all"))


class MemberFilterForm(forms.Form):
    """The filters of the list of members, as they stand in its address."""

    word = forms.CharField(label=_("Name"), max_length=80, required=False)
    status = forms.ChoiceField(
        label=_("Status"), choices=[ALL, *((name, row[0]) for name, row in STATUSES.items())], required=False
    )
    tier = forms.ChoiceField(label=_("Tier"), required=False)
    interval = forms.ChoiceField(label=_("Pays every"), choices=[ALL, *TierPrice.Interval.choices], required=False)
    given = forms.ChoiceField(
        label=_("Given access"),
        choices=[ALL, (Grant.Kind.GIFTED, _("gift")), (Grant.Kind.COMPLIMENTARY, _("complimentary"))],
        required=False,
    )
    tenure = forms.TypedChoiceField(
        label=_("Joined at least"),
        choices=[ALL, (1, _("1 month ago")), (3, _("3 months ago")), (6, _("6 months ago")), (12, _("a year ago"))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    sort = forms.ChoiceField(label=_("Order"), choices=[(name, row[0]) for name, row in SORTS.items()], required=False)

    def __init__(self, *args: Any, creator: Creator, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tiers = [(tier.public_id, tier.name) for tier in creator.tiers.order_by("rank", "pk")]
        self.fields["tier"].choices = [ALL, *tiers]  # type: ignore[attr-defined]

    def chosen(self) -> MemberFilter:
        """What holds of the address; a filter that is none narrows nothing."""
        self.is_valid()
        values = self.cleaned_data
        return MemberFilter(
            status=values.get("status", ""),
            tier=values.get("tier", ""),
            interval=values.get("interval", ""),
            given=values.get("given", ""),
            tenure_months=values.get("tenure") or 0,
            word=values.get("word", ""),
            sort=values.get("sort") or "newest",
        )


class GiveForm(forms.Form):
    """Access without payment: to which tier, why, and until when."""

    tier = forms.ModelChoiceField(label=_("Tier"), queryset=Tier.objects.none())
    reason = forms.CharField(label=_("Why; they can read it"), max_length=200)
    until = forms.DateField(
        label=_("Until, with that day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: until you take it back."),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=24)

    def __init__(self, *args: Any, creator: Creator, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier"].queryset = creator.tiers.not_archived().order_by("rank")  # type: ignore[attr-defined]

    def clean_until(self) -> datetime | None:
        day: date | None = self.cleaned_data["until"]
        if day is None:
            return None
        end = datetime.combine(day, time(23, 59, 59), timezone.get_current_timezone())
        if end <= timezone.now():
            raise forms.ValidationError(_("Choose a day that is not over."))
        return end


class GiveToForm(GiveForm):
    """The same for one person who need not be a member: another creator, by handle."""

    handle = forms.CharField(label=_("To the creator"), max_length=31, help_text=_("For example @noor"))
    field_order = ("handle", "tier", "reason", "until", "key")

    def clean_handle(self) -> Creator:
        handle = self.cleaned_data["handle"].strip().removeprefix("@").lower()
        found = Creator.objects.select_related("user").filter(handle=handle).first()
        if found is None:
            raise forms.ValidationError(_("There is no creator of that name."))
        return found


class TakeBackForm(forms.Form):
    reason = forms.CharField(label=_("Why; they can read it"), max_length=200)


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("Note"),
        max_length=MemberNote.LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Only you see it."),
    )


class ReasonForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[ALL, *Cancellation.Reason.choices, (NO_REASON, _("Without a reason"))],
        required=False,
    )
