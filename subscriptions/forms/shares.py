from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from subscriptions.models import ShareCondition
from subscriptions.queries.shares import Line

WAYS = (1, 2)
PER_CENT_BP = 100


class ShareForm(forms.Form):
    """A share for all: the platform's part, the bonus, and two ways to reach it."""

    platform = forms.DecimalField(
        label=_("The platform's part in %"), min_value=0, max_value=100, max_digits=5, decimal_places=2
    )
    bonus = forms.DecimalField(
        label=_("Bonus in points"),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        initial=0,
        help_text=_("What a creator has more while the conditions hold."),
    )
    effective_date = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label=_("Why"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for way in WAYS:
            for kind, label in ShareCondition.Kind.choices:
                self.fields[f"{kind}_{way}"] = forms.IntegerField(
                    label=_("Way %(way)s: %(what)s, at least") % {"way": way, "what": label},
                    min_value=1,
                    max_value=10**12,
                    required=False,
                )

    def terms(self) -> dict[str, Any]:
        """What the action and the dry run are given."""
        values = self.cleaned_data
        lines: list[Line] = [
            (way, kind, values[f"{kind}_{way}"])
            for way in WAYS
            for kind in ShareCondition.Kind.values
            if values.get(f"{kind}_{way}")
        ]
        return {"platform_bp": _bp(values["platform"]), "bonus_bp": _bp(values["bonus"]), "lines": lines}


def _bp(percent: Decimal) -> int:
    return int(percent * PER_CENT_BP)
