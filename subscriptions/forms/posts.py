from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from subscriptions.models import Post


class MomentInput(forms.DateTimeInput):
    """A day and a time, in the time zone of whoever writes."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class PostForm(forms.ModelForm):
    publish_at = forms.DateTimeField(
        label=_("Publish on"),
        required=False,
        widget=MomentInput(),
        help_text=_("In your time zone. Empty: as soon as you press Publish."),
    )

    class Meta:
        model = Post
        fields = (
            "title",
            "teaser",
            "body",
            "audience",
            "tier",
            "tiers",
            "opens_at",
            "opens_to",
            "opens_tier",
            "takes_comments",
        )
        widgets = {
            "body": forms.Textarea(
                attrs={
                    "rows": 16,
                    # The preview follows the typing; without scripts its button does the same.
                    "hx-post": reverse_lazy("post_preview"),
                    "hx-trigger": "input changed delay:400ms",
                    "hx-target": "#preview",
                    "hx-swap": "outerHTML",
                }
            ),
            "teaser": forms.Textarea(attrs={"rows": 2}),
            "audience": forms.RadioSelect,
            "tiers": forms.CheckboxSelectMultiple,
            "opens_at": MomentInput(),
        }
        help_texts = {
            "tier": _("Only when it is for a tier and those above."),
            "tiers": _("Only when it is for chosen tiers."),
            "opens_at": _("Early access: who is above reads now, more people from this moment on. In your time zone."),
            "opens_tier": _("Only when it opens to a tier and those above."),
        }

    def __init__(self, *args: Any, creator: Creator, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whether it fits the audience is for the action to say.
        self.instance.creator = creator
        for name in ("tier", "tiers", "opens_tier"):
            self.fields[name].queryset = creator.tiers.not_archived()  # type: ignore[attr-defined]
        if self.instance.pk and "publish_at" not in self.initial:
            self.initial["publish_at"] = self.instance.published_at

    def _post_clean(self) -> None:
        """The row is written by the action, not by the form; validators of the fields have run by now."""

    def group(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names]

    @property
    def what(self) -> list[forms.BoundField]:
        return self.group("title", "teaser", "body")

    @property
    def later(self) -> list[forms.BoundField]:
        return self.group("opens_at", "opens_to", "opens_tier")

    @property
    def is_later_used(self) -> bool:
        """Something of early access is filled in or wrong: then it is shown unfolded."""
        return any(bound.value() or bound.errors for bound in self.later)
