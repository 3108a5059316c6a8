"""Sample input for the style guide: every piece in each of its states."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit import charts
from portal.kit.charts import Chart, Series
from portal.kit.fields import Choice, ChoiceCards, ChoiceCardsMultiple, DayInput, FileDrop, MoneyField, Switch
from portal.kit.tables import Column, FilterForm, Table
from portal.kit.work import Work

MONTHS = ["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]
EARNED = [
    Series(_("Subscriptions"), [41_200, 44_900, 43_100, 52_800, 61_000, 66_400]),
    Series(_("Rewards"), [9_800, 12_400, 11_000, 15_200, 14_100, 19_600]),
    Series(_("Shop"), [2_100, 3_900, 5_600, 4_800, 7_700, 9_100]),
]
SECTIONS = [
    ("type", _("Type, badges, cards")),
    ("controls", _("Controls and forms")),
    ("tables", _("Tables")),
    ("overlays", _("Dialogs, menus, toasts")),
    ("progress", _("Progress")),
    ("messages", _("Notices and empty states")),
    ("numbers", _("Numbers")),
    ("charts", _("Charts")),
]
WORK_SECONDS = 12


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("As your fans know you."), max_length=40)
    price = MoneyField(label=_("Price a month"), least_minor=100, required=False)
    about = forms.CharField(label=_("About"), widget=forms.Textarea, required=False)
    region = forms.ChoiceField(label=_("Region"), choices=[("US", "United States"), ("DE", "Germany")])
    plan = forms.ChoiceField(
        label=_("Billed"),
        widget=ChoiceCards,
        choices=[
            ("month", Choice(_("Monthly"), _("Stop any month."), "$5")),
            ("year", Choice(_("Yearly"), _("Two months are free."), "$50")),
            ("week", Choice(_("Weekly"), _("From 2027 on."), disabled=True)),
        ],
    )
    perks = forms.MultipleChoiceField(
        label=_("What it holds"),
        widget=ChoiceCardsMultiple(columns=False),
        choices=[("chat", Choice(_("Chat"), _("A room for members."))), ("posts", Choice(_("Posts")))],
        required=False,
    )
    kind = forms.ChoiceField(
        label=_("Plain choices"), widget=forms.RadioSelect, choices=[("a", _("One")), ("b", _("Another"))]
    )
    day = forms.DateField(label=_("Day"), widget=DayInput, required=False)
    art = forms.FileField(
        label=_("Badge art"), help_text=_("PNG or WebP, at least 112 pixels."), widget=FileDrop, required=False
    )
    told = forms.BooleanField(label=_("Tell members when it is out"), widget=Switch, required=False)
    agree = forms.BooleanField(label=_("I have read the rules"))


@dataclass(frozen=True)
class SamplePayout:
    pk: int
    creator: str
    day: date
    state: str
    amount_minor: int

    def __str__(self) -> str:
        return f"{self.creator}, {self.day}"


class SampleFilter(FilterForm):
    word = forms.CharField(label=_("Creator"), required=False)
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("all")), ("paid", _("Paid")), ("back", _("Sent back"))], required=False
    )
    lookups: ClassVar = {"word": "creator", "state": "state"}

    def narrow(self, rows: list[SamplePayout]) -> list[SamplePayout]:
        self.is_valid()
        for name, field in self.lookups.items():
            if value := self.cleaned_data.get(name):
                rows = [row for row in rows if value.lower() in getattr(row, field).lower()]
        return rows


class SampleTable(Table):
    """Rows that no database knows, sorted and filtered as the real ones are."""

    def in_order(self, rows: list[SamplePayout]) -> list[SamplePayout]:
        by = self.by
        return sorted(rows, key=lambda row: getattr(row, by.sort), reverse=self.backwards) if by else rows


PAYOUTS = [
    SamplePayout(number, name, date(2026, 11 - number % 3, 15), "back" if number % 4 == 3 else "paid", amount)
    for number, (name, amount) in enumerate(
        [("Mika", 120_410), ("Noor", 98_700), ("Sam", 4_420), ("Ana", 771_000), ("=2+3", 15), ("Lee", 66_100)]
    )
]
PAYOUT_COLUMNS = (
    Column("creator", _("Creator"), sort="creator"),
    Column("day", _("Day"), kind="day", sort="day"),
    Column("state", _("State"), template="home/styleguide/_state.html"),
    Column("amount", _("Amount"), "amount_minor", kind="money", currency="usd", sort="amount_minor"),
)


def samples(request: HttpRequest) -> dict[str, Any]:
    refused = SampleForm({"name": "", "price": "0,50", "region": "XX", "plan": "month"}, auto_id="refused_%s")
    refused.is_valid()
    rows: Any = PAYOUTS
    table = SampleTable(
        request, rows, PAYOUT_COLUMNS, caption=_("Payouts"), sort="-day", filters=SampleFilter, a_page=4, bulk="again"
    )
    return {
        "sections": SECTIONS,
        "form": SampleForm(initial={"plan": "month", "price": 499, "told": True}),
        "refused": refused,
        "table": table,
        **_looks(request),
        **_progress(),
        **_drawings(),
        "badges": [
            ("", _("Draft")),
            ("good", _("Paid")),
            ("wait", _("Pending")),
            ("bad", _("Failed")),
            ("info", _("New")),
        ],
        "buttons": [("", _("Plain")), ("primary", _("Primary")), ("danger", _("Danger")), ("quiet", _("Quiet"))],
        "accents": Creator.Accent.choices,
    }


def _looks(request: HttpRequest) -> dict[str, Any]:
    """The same page in the other direction and in the other theme."""

    def chip(name: str, value: str, label: Any) -> dict[str, Any]:
        query = request.GET.copy()
        query[name] = value
        return {"label": label, "url": f"?{query.urlencode()}", "current": request.GET.get(name, "") == value}

    shown = request.GET.get("theme", "")
    return {
        "direction": request.GET.get("dir", ""),
        "shown_theme": shown if shown in ("light", "dark") else "",
        "directions": [chip("dir", "", _("As the language")), chip("dir", "rtl", _("Right to left"))],
        "themes": [
            chip("theme", "", _("As chosen")),
            chip("theme", "light", _("Light")),
            chip("theme", "dark", _("Dark")),
        ],
        "chips": [
            {"label": _("All"), "url": "#controls", "current": True, "count": 48},
            {"label": _("Waiting"), "url": "#controls", "current": False, "count": 3},
            {"label": _("Paid"), "url": "#controls", "current": False, "count": 45},
        ],
        "tabs": [
            {"label": _("October"), "url": "#progress", "current": False},
            {"label": _("November"), "url": "#progress", "current": True, "count": 12},
        ],
    }


def sample_work(since: int, now: datetime, url: str) -> Work:
    """Work of twelve seconds that began at the epoch second `since`."""
    began_at = datetime.fromtimestamp(since, UTC)
    done = min(int((now - began_at).total_seconds() * 100), WORK_SECONDS * 100)
    return Work(
        label=_("Paying 1,200 creators"),
        done=done,
        total=WORK_SECONDS * 100,
        url=url,
        phase=_("Sending") if done > 300 else _("Reserving"),
        ended=done >= WORK_SECONDS * 100,
        began_at=began_at,
        now=now,
        result_url=reverse("styleguide"),
        result=_("See what came of it"),
    )


def _progress() -> dict[str, Any]:
    began_at = datetime(2026, 11, 15, 12, tzinfo=UTC)
    return {
        "checklist": [
            {"label": _("Say who you are to your fans"), "done": True, "url": "#progress"},
            {"label": _("Publish a tier"), "done": False, "url": "#progress"},
            {"label": _("Draw a badge"), "done": False, "url": "#progress", "optional": True},
            {"label": _("Say where to pay you"), "done": False, "url": "#progress"},
        ],
        "steps": [
            {"label": _("Choose"), "note": _("Gold, monthly"), "done": True},
            {"label": _("Pay"), "note": _("With the provider"), "current": True},
            {"label": _("Look around")},
        ],
        "timeline": [
            {"title": _("Reserved"), "when": "15 Nov 12:00", "note": _("$1,204.10 left your available balance.")},
            {"title": _("Sent"), "when": "15 Nov 12:02", "kind": "now", "note": _("Banks take one to three days.")},
            {"title": _("Sent back"), "when": "–", "kind": "bad", "url": "#progress"},
            {"title": _("Arrived"), "kind": "next"},
        ],
        "works": [
            Work(
                _("Paying 1,200 creators"),
                430,
                1200,
                id="work-1",
                phase=_("Sending"),
                began_at=began_at,
                now=began_at + timedelta(seconds=70),
                cancel_url=reverse("styleguide_try"),
            ),
            Work(_("Reading the file"), 0, 0, id="work-2", phase=_("Counting rows")),
            Work(_("Rating June"), 1200, 1200, id="work-3", ended=True, result_url="#progress", result=_("Look at it")),
            Work(_("Drawing pictures"), 40, 90, id="work-4", failed=_("The disk is full. Nothing was lost.")),
        ],
    }


def _drawings() -> dict[str, Any]:
    earned = Chart(_("Earned a month"), MONTHS, EARNED, "usd")
    steps = Series("", [100_000, -2_930, -9_707])
    return {
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
            charts.retention_curve(
                str(_("Who is still watching")), [10_000, 9_100, 7_800, 6_900, 6_400, 5_200, 4_900, 4_700, 4_100], 64
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
    }
