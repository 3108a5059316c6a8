from django import forms
from django.utils.translation import gettext_lazy as _


class EvidenceForm(forms.Form):
    words = forms.CharField(
        label=_("In your words"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=5_000,
        required=False,
        help_text=_("Stands before the rest of the free text. Banks read English."),
    )
