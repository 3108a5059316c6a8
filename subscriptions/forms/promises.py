from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from subscriptions.models import TierPromise


class PromiseForm(forms.Form):
    """One number for each kind of promise; 0 promises nothing."""

    posts = forms.IntegerField(
        label=_("Posts for members a month"), min_value=0, max_value=TierPromise.MOST_A_MONTH,
        help_text=_("Counted as you publish them for members of this tier; posts for everybody do not count."),
    )  # fmt: skip
    chats = forms.IntegerField(
        label=_("Chat sessions a month"), min_value=0, max_value=TierPromise.MOST_A_MONTH,
        help_text=_("A day on which you write at least five messages in your chat."),
    )  # fmt: skip

    def __init__(self, *args: Any, held: Mapping[str, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update({kind: held.get(kind, 0) for kind in TierPromise.Kind.values})
