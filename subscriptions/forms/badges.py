from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from subscriptions.models import HiddenBadge
from subscriptions.passport import MOST_BYTES


class BadgeForm(forms.Form):
    shown = forms.MultipleChoiceField(
        label=_("Show beside my name"),
        choices=HiddenBadge.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class PassportForm(forms.Form):
    text = forms.CharField(
        label=_("The passport, pasted"), widget=forms.Textarea(attrs={"rows": 6}), max_length=MOST_BYTES, required=False
    )
    file = forms.FileField(
        label=_("or its file"), required=False, widget=forms.FileInput(attrs={"accept": ".json,.svg"}), max_length=200
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not values.get("text") and not values.get("file"):
            raise forms.ValidationError(_("Paste a passport, or choose its file."))
        return values

    @property
    def content(self) -> bytes:
        """What is to be checked; a file goes before what was pasted."""
        file: UploadedFile | None = self.cleaned_data["file"]
        return file.read(MOST_BYTES + 1) if file else self.cleaned_data["text"].encode()
