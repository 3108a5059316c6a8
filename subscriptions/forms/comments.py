from django import forms
from django.utils.translation import gettext_lazy as _

from subscriptions.models import Comment, CommentReport


class CommentForm(forms.Form):
    text = forms.CharField(
        label=_("Your comment"),
        max_length=Comment.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody who can read the post can read it."),
    )
    nonce = forms.CharField(max_length=40, widget=forms.HiddenInput)
    answers = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)


class CommentEditForm(forms.Form):
    text = forms.CharField(
        label=_("Your comment"), max_length=Comment.LONGEST, widget=forms.Textarea(attrs={"rows": 4})
    )


class RemovalForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=200, required=False, help_text=_("The author can read it."))


class ReportForm(forms.Form):
    reason = forms.ChoiceField(label=_("What is wrong"), choices=CommentReport.Reason.choices, widget=forms.RadioSelect)
    note = forms.CharField(label=_("In your words"), max_length=300, required=False)
