from django import forms
from django.utils.translation import gettext_lazy as _

from subscriptions.forms.posts import MomentInput


class AsOfForm(forms.Form):
    at = forms.DateTimeField(
        label=_("As of"), required=False, widget=MomentInput(), help_text=_("In your time zone. Empty: now.")
    )


class StaffAccessForm(AsOfForm):
    fan = forms.EmailField(label=_("Email of the fan"))
    creator = forms.CharField(label=_("Handle of the creator"), max_length=31)

    field_order = ("fan", "creator", "at")
