from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from subscriptions.models import Post


class PostForm(forms.ModelForm):
    class Meta:
        model = Post
        fields = ("title", "teaser", "body", "audience", "tier")
        widgets = {"body": forms.Textarea(attrs={"rows": 14}), "teaser": forms.Textarea(attrs={"rows": 2})}
        help_texts = {"tier": _("Only when it is for a tier.")}

    def __init__(self, *args: Any, creator: Creator, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whether it fits the audience is for the action to say.
        self.instance.creator = creator
        self.fields["tier"].queryset = creator.tiers.not_archived()  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        """The row is written by the action, not by the form; validators of the fields have run by now."""
