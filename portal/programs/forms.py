from django import forms
from django.utils.translation import gettext_lazy as _

from portal.programs.models import Program


class ApplicationForm(forms.Form):
    message = forms.CharField(
        label=_("Why you would like to join"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


class InvitationForm(forms.Form):
    """A creator invites somebody by email."""

    program = forms.ChoiceField(label=_("Program"), choices=Program.choices)
    to_email = forms.EmailField(label=_("Email of the creator"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
