from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.programs.models import Program


class ApplicationForm(forms.Form):
    message = forms.CharField(
        label=_("Why you would like to join"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


class InvitationForm(forms.Form):
    """A creator invites somebody by email."""

    program = forms.ChoiceField(label=_("Program"), choices=Program.choices)
    to_email = forms.EmailField(
        label=_("Email of the creator"), required=False, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    to_creator = forms.CharField(
        label=_("Or their handle, if they are here already"),
        max_length=31,
        required=False,
        help_text=_("For example @noor"),
    )
    open_link = forms.BooleanField(
        label=_("Or a link for whoever holds it"), required=False, help_text=_("Good for one creator.")
    )

    def clean_to_creator(self) -> Creator | None:
        handle = self.cleaned_data["to_creator"].strip().removeprefix("@").lower()
        if not handle:
            return None
        found = Creator.objects.filter(handle=handle).first()
        if found is None:
            raise forms.ValidationError(_("There is no creator of that name."))
        return found

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        ways = [values.get("to_email"), values.get("to_creator"), values.get("open_link")]
        if not self.errors and sum(map(bool, ways)) != 1:
            self.add_error("to_email", _("Say for whom, in one of the three ways."))
        values.pop("open_link", None)
        return values


class WaveForm(forms.Form):
    """Staff open the door for a group at once: by name, or for those who meet the rule best."""

    program = forms.ChoiceField(label=_("Program"), choices=Program.choices)
    wave = forms.SlugField(label=_("Name of the wave"), max_length=60)
    handles = forms.CharField(
        label=_("Handles, one a line"), widget=forms.Textarea(attrs={"rows": 4}), max_length=8_000, required=False
    )
    region = forms.CharField(
        label=_("Or: region"), max_length=2, required=False, help_text=_("Two letters, such as BR.")
    )
    most = forms.IntegerField(label=_("how many, the most followed first"), min_value=1, max_value=500, required=False)

    def clean_region(self) -> str:
        return self.cleaned_data["region"].strip().upper()

    def clean_handles(self) -> list[Creator]:
        names = [line.strip().removeprefix("@").lower() for line in self.cleaned_data["handles"].splitlines()]
        names = list(dict.fromkeys(name for name in names if name))
        found = {one.handle: one for one in Creator.objects.filter(handle__in=names).select_related("user")}
        missing = [name for name in names if name not in found]
        if missing:
            raise forms.ValidationError(_("There is nobody called %(names)s."), params={"names": ", ".join(missing)})
        return [found[name] for name in names]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        by_rule = bool(values.get("region")) and bool(values.get("most"))
        if not self.errors and bool(values.get("handles")) == by_rule:
            self.add_error("handles", _("Name them, or say a region and how many."))
        return values
