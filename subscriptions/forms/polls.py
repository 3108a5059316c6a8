from django import forms
from django.utils.translation import gettext_lazy as _

from subscriptions.forms.posts import MomentInput


class PollForm(forms.Form):
    question = forms.CharField(label=_("Question"), max_length=160)
    options = forms.CharField(
        label=_("Answers"),
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Two to six, each on a line of its own."),
    )
    closes_at = forms.DateTimeField(
        label=_("Closes on"), required=False, widget=MomentInput(), help_text=_("In your time zone. Empty: stays open.")
    )
