from django import forms
from django.utils.translation import gettext_lazy as _


class OpenRunForm(forms.Form):
    """Staff open a payday by hand."""

    period = forms.RegexField(
        regex=r"^\d{4}-(0[1-9]|1[0-2])(-\d{1,2})?$",
        label=_("Period"),
        help_text=_("The month, such as 2026-05; a second run of the month is 2026-05-2."),
        error_messages={"invalid": _("A period is a month such as 2026-05, or 2026-05-2 for a second run.")},
    )


class CancelForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("The creator reads it."))
