"""Sample input for the style guide: every piece in each of its states."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kit import charts
from portal.kit.charts import Chart, Series

MONTHS = ["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]
EARNED = [
    Series(_("Subscriptions"), [41_200, 44_900, 43_100, 52_800, 61_000, 66_400]),
    Series(_("Rewards"), [9_800, 12_400, 11_000, 15_200, 14_100, 19_600]),
    Series(_("Shop"), [2_100, 3_900, 5_600, 4_800, 7_700, 9_100]),
]


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("As your fans know you."), max_length=40)
    price = forms.DecimalField(label=_("Price a month"), required=False)
    about = forms.CharField(label=_("About"), widget=forms.Textarea, required=False)
    region = forms.ChoiceField(label=_("Region"), choices=[("US", "United States"), ("DE", "Germany")])
    plan = forms.ChoiceField(
        label=_("Billed"), widget=forms.RadioSelect, choices=[("month", _("Monthly")), ("year", _("Yearly"))]
    )
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}), required=False)
    art = forms.FileField(label=_("Badge art"), help_text=_("PNG or WebP, at least 112 pixels."), required=False)
    agree = forms.BooleanField(label=_("I have read the rules"))


def samples() -> dict[str, Any]:
    refused = SampleForm({"name": "", "region": "XX", "plan": "month"})
    refused.is_valid()
    earned = Chart(_("Earned a month"), MONTHS, EARNED, "usd")
    steps = Series("", [100_000, -2_930, -9_707])
    return {
        "form": SampleForm(initial={"plan": "month"}),
        "refused": refused,
        "charts": [
            charts.line_chart(earned),
            charts.stacked_bar_chart(earned),
            charts.area_chart(Chart(_("Members"), MONTHS, [Series(_("Members"), [180, 201, 240, 238, 266, 301])])),
            charts.bar_chart(Chart(_("Qualified views"), MONTHS, [Series("", [4219, 5100, 3900, 6120, 7044, 8800])])),
            charts.waterfall_chart(
                Chart(
                    _("From what fans paid to you"),
                    [str(_("Paid")), str(_("Card fees")), str(_("Platform"))],
                    [steps],
                    "usd",
                )
            ),
            charts.funnel_chart(
                str(_("Why views count, or not")),
                [(str(_("All views")), 41_828), (str(_("At least 5 seconds")), 28_627), (str(_("Qualified")), 4_219)],
            ),
        ],
        "cohorts": charts.cohort_grid(
            str(_("Members who stayed")),
            ["1", "2", "3", "4"],
            [("Jun", [10_000, 8_100, 7_400, 7_000]), ("Jul", [10_000, 8_600, 7_900, None])],
        ),
        "spark": charts.sparkline([3, 5, 4, 8, 7, 11, 14], str(_("Seven days, rising"))),
        "ring": charts.progress_ring(13, 26, str(_("Lessons"))),
        "badges": [
            ("", _("Draft")),
            ("good", _("Paid")),
            ("wait", _("Pending")),
            ("bad", _("Failed")),
            ("info", _("New")),
        ],
        "buttons": [("", _("Plain")), ("primary", _("Primary")), ("danger", _("Danger")), ("quiet", _("Quiet"))],
        "accents": ["moss", "sky", "plum", "clay", "sand", "ink"],
    }
