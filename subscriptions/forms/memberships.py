from django import forms
from django.utils.translation import gettext_lazy as _

from subscriptions.models import Cancellation, Membership


class CancellationForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why?"), choices=[("", _("I would rather not say")), *Cancellation.Reason.choices], required=False
    )
    comment = forms.CharField(
        label=_("In your words"), widget=forms.Textarea(attrs={"rows": 2}), max_length=500, required=False
    )


class MemberSearchForm(forms.Form):
    status = forms.ChoiceField(
        label=_("Status"),
        choices=[
            ("", _("all")),
            *[choice for choice in Membership.Status.choices if choice[0] != Membership.Status.INCOMPLETE],
        ],
        required=False,
    )
    word = forms.CharField(label=_("Name"), max_length=80, required=False)
