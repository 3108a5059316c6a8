from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from subscriptions.models import Emoji, EmojiVersion, Tier
from subscriptions.models.emojis import EMOJI_NAME

KINDS = "image/png,image/webp,image/gif,image/jpeg"


class ArtForm(forms.Form):
    image = forms.FileField(
        label=_("Picture"),
        max_length=200,
        help_text=_("PNG, WebP, GIF or JPEG, up to 1 MB, 112 to 4,096 pixels a side; animations up to 60 frames."),
        widget=forms.FileInput(attrs={"accept": KINDS}),
    )


class EmojiForm(ArtForm):
    name = forms.CharField(
        label=_("Name"), max_length=24, validators=[EMOJI_NAME], help_text=_("Members write it as :name:")
    )
    tier = forms.ModelChoiceField(
        label=_("From tier"), queryset=Tier.objects.none(), required=False, empty_label=_("every member with emojis")
    )
    field_order = ("name", "image", "tier")

    def __init__(self, *args: Any, creator: Creator, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier"].queryset = creator.tiers.not_archived()  # type: ignore[attr-defined]


class EmojiTierForm(forms.Form):
    tier = forms.ModelChoiceField(
        label=_("From tier"), queryset=Tier.objects.none(), required=False, empty_label=_("every member with emojis")
    )

    def __init__(self, *args: Any, emoji: Emoji, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["tier"] = emoji.tier_id
        self.fields["tier"].queryset = emoji.creator.tiers.not_archived()  # type: ignore[attr-defined]


class EmojiReviewForm(forms.Form):
    """Yes, or no with a code: the button says which."""

    version = forms.SlugField(max_length=16)
    verdict = forms.ChoiceField(choices=[("approve", _("Approve")), *EmojiVersion.Code.choices])
    note = forms.CharField(label=_("Note for the creator"), max_length=200, required=False)
