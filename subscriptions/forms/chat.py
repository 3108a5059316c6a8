from django import forms
from django.utils.translation import gettext_lazy as _

from subscriptions.models import Message


class MessageForm(forms.Form):
    text = forms.CharField(label=_("Message"), max_length=Message.LONGEST, strip=True)
    nonce = forms.CharField(widget=forms.HiddenInput, max_length=40)


class MuteForm(forms.Form):
    reason = forms.CharField(label=_("Reason, shown to the member"), max_length=200)
    minutes = forms.TypedChoiceField(
        label=_("For"),
        choices=[(10, _("10 minutes")), (60, _("an hour")), (1440, _("a day")), (0, _("until I lift it"))],
        coerce=int,
    )


class SlowModeForm(forms.Form):
    seconds = forms.IntegerField(
        label=_("Seconds between two messages of one member"),
        min_value=0,
        max_value=120,
        help_text=_("0: as fast as they type."),
    )
