"""Forms about people. Names of countries and languages are read late, in the reader's language."""

from datetime import date
from typing import Any, ClassVar

from babel import Locale
from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.accounts.queries import time_zones
from portal.kit.languages.reader import reader_locale, spoken
from portal.kit.regions import country_choices, is_country

# What creators speak; their fans may look for it.
SPOKEN = "ar de en es fr hi id it ja ko ms nl pl pt ru sv th tr uk vi zh".split()
OLDEST = 120


def language_choices() -> list[tuple[str, str]]:
    names = Locale.parse(reader_locale()).languages
    return sorted(((code, spoken(names.get(code, code))) for code in SPOKEN), key=lambda pair: pair[1])


def check_birth_date(value: date | None) -> date | None:
    today = timezone.now().date()
    if value is not None and not today.year - OLDEST <= value.year <= today.year:
        raise forms.ValidationError(_("Please check the year."))
    if value is not None and value > today:
        raise forms.ValidationError(_("This day is still to come."))
    return value


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class SignupForm(forms.Form):
    """The fields allauth's sign-up asks for beside email and password."""

    name = forms.CharField(label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    country = forms.ChoiceField(label=_("Country"), choices=country_choices, initial="US")

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth with the new user."""
        user.name = self.cleaned_data["name"]
        user.country = self.cleaned_data["country"]
        user.language = get_language() or settings.LANGUAGE_CODE
        user.save(update_fields=["name", "country", "language"])


class SettingsForm(forms.ModelForm):
    country = forms.ChoiceField(label=_("Country"), choices=country_choices)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=lambda: [(name, name) for name in time_zones()])

    class Meta:
        model = User
        fields: ClassVar = ["name", "country", "birth_date", "language", "time_zone", "theme"]
        widgets: ClassVar = {"birth_date": DateInput(), "theme": forms.RadioSelect()}
        help_texts: ClassVar = {"birth_date": _("Some programs are open from an age on. Nobody else sees it.")}

    def clean_birth_date(self) -> date | None:
        return check_birth_date(self.cleaned_data["birth_date"])


class ProfileForm(forms.ModelForm):
    """What fans see of a creator."""

    region = forms.ChoiceField(
        label=_("Region"), choices=country_choices, help_text=_("Which programs are open depends on it.")
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages you speak in"), choices=language_choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Creator
        fields: ClassVar = ["display_name", "region", "languages", "intro", "accent"]
        widgets: ClassVar = {"intro": forms.Textarea(attrs={"rows": 4})}

    def clean_region(self) -> str:
        region = self.cleaned_data["region"]
        if not is_country(region):
            raise forms.ValidationError(_("Choose a country of the list."))
        return region


class BecomeCreatorForm(ProfileForm):
    handle = forms.CharField(
        label=_("Handle"),
        max_length=30,
        help_text=_("Your address here: small letters, digits, dots, underscores. It stays for good."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )

    class Meta(ProfileForm.Meta):
        fields: ClassVar = ["display_name", "region", "languages", "intro"]

    field_order = ("handle", "display_name")

    def clean_handle(self) -> str:
        handle = self.cleaned_data["handle"].strip().removeprefix("@").lower()
        Creator._meta.get_field("handle").run_validators(handle)
        return handle
