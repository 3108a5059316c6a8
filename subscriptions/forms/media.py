from django import forms
from django.utils.translation import gettext_lazy as _


class MediaForm(forms.Form):
    file = forms.FileField(label=_("Picture, video or file"), allow_empty_file=True)
    description = forms.CharField(
        label=_("What can be seen"),
        max_length=300,
        required=False,
        help_text=_("For readers who cannot see the picture."),
    )


class CaptionsForm(forms.Form):
    language = forms.RegexField(
        r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$",
        label=_("Language"),
        max_length=12,
        initial="en",
        help_text=_("Two letters: en, es, ar."),
    )
    label = forms.CharField(label=_("What viewers choose"), max_length=40, initial=_("English"))
    captions = forms.FileField(
        label=_("Captions"),
        help_text=_("A WebVTT file (.vtt)."),
        widget=forms.FileInput(attrs={"accept": ".vtt,text/vtt"}),
    )


class DescriptionForm(forms.Form):
    description = forms.CharField(max_length=300, required=False)
