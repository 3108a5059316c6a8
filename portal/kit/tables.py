"""List pages: sorted and filtered by the address, paged, and as CSV of exactly what is shown.

    MEMBERS = (
        Column("fan", _("Name"), "fan.name", sort="fan__name"),
        Column("joined", _("Joined"), "joined_at", sort="joined_at", kind="day"),
        Column("pays", _("Pays"), "price.amount_minor", kind="money", currency="price.currency"),
    )
    table = Table(request, rows, MEMBERS, caption=_("Members"), sort="-joined", filters=MemberFilter)
    if table.wants_csv:
        return table.csv("members")
    return page(request, "…/member_list.html", {"table": table}, part="table")

and in the template {% include "ui/filters.html" %}{% include "ui/table.html" %}. A column with `template` draws its own
cells (it is given `row`); so does a page that writes its own rows between `ui/table_head.html` and `ui/table_foot.html`.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from io import StringIO
from typing import Any, ClassVar

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.functional import Promise

from portal.kit.languages.reader import reader_locale
from portal.kit.money import format_money, to_decimal

MOST_CSV_ROWS = 50_000
# A cell that begins with one of these is computed by spreadsheet programs; a name must never be.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Column:
    """One column. `value` is a path of attributes ('price.amount_minor') or a function of the row.

    `kind`: text, number, money (minor units; `currency` is a path, or a code), day, moment. `sort` names what the
    database orders by, '' for a column that cannot be sorted. `template` draws the cell from `row` and `value`.
    """

    name: str
    label: str | Promise
    value: str | Callable[[Any], Any] = ""
    kind: str = "text"
    sort: str = ""
    currency: str = ""
    template: str = ""
    url: str | Callable[[Any], str] = ""

    @property
    def is_number(self) -> bool:
        return self.kind in ("number", "money")

    def read(self, row: Any) -> Any:
        return look_up(row, self.value or self.name)

    def money(self, row: Any) -> tuple[int | None, str]:
        code = self.currency if len(self.currency) == 3 else look_up(row, self.currency)
        return self.read(row), str(code)


class FilterForm(forms.Form):
    """What may be asked of a list. `lookups` says which field narrows by what: {"word": "fan__name__icontains"}."""

    lookups: ClassVar[dict[str, str]] = {}

    def narrow(self, rows: Any) -> Any:
        """The rows that fit what is asked. What is asked wrongly narrows nothing; its field says so."""
        self.is_valid()
        for name, lookup in self.lookups.items():
            if (value := self.cleaned_data.get(name)) not in (None, "", []):
                rows = rows.filter(**{lookup: value})
        return rows

    def asked(self) -> list[tuple[str, str, str]]:
        """(field, its label, the chosen value in words) for each filter that is set."""
        found = []
        for name, field in self.fields.items():
            value = self.cleaned_data.get(name) if self.is_valid() or name in self.cleaned_data else None
            if value not in (None, "", []):
                choices = {str(key): str(words) for key, words in getattr(field, "choices", ())}
                found.append((name, str(field.label or name), choices.get(str(value), str(value))))
        return found


@dataclass(frozen=True)
class Head:
    """The head of a column: its link to sort by it, and how it is sorted now ('ascending', 'descending' or '')."""

    column: Column
    url: str
    direction: str


class Table:
    """The rows of a list page. Reads sort, page, format and the filters from the address; unknown ones count as not set."""

    def __init__(
        self,
        request: HttpRequest,
        rows: QuerySet[Any],
        columns: Sequence[Column],
        *,
        caption: str | Promise,
        sort: str = "",
        filters: type[FilterForm] | None = None,
        a_page: int = 25,
        bulk: str = "",
    ) -> None:
        """`sort` is what is sorted by at first ('-joined'). `bulk` is the id of a form to which chosen rows belong."""
        self.asked: QueryDict = request.GET
        self.columns, self.caption, self.a_page, self.bulk = columns, caption, a_page, bulk
        self.filters = filters(self.asked or None) if filters else None
        self.all_rows = rows
        found = self._sorted_by(self.asked.get("sort", "")) or self._sorted_by(sort)
        self.by: Column | None = found[0] if found else None
        self.backwards: bool = found[1] if found else False

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """All that fit, in order."""
        rows = self.filters.narrow(self.all_rows) if self.filters and self.filters.is_bound else self.all_rows
        return self.in_order(rows)

    def in_order(self, rows: Any) -> Any:
        if self.by is None:
            return rows
        return rows.order_by(("-" if self.backwards else "") + self.by.sort, "-pk" if self.backwards else "pk")

    @cached_property
    def page(self) -> Page[Any]:
        return Paginator(self.rows, self.a_page).get_page(self.asked.get("page"))

    @property
    def is_narrowed(self) -> bool:
        return bool(self.filters and self.filters.is_bound and self.filters.asked())

    def heads(self) -> list[Head]:
        found = []
        for column in self.columns:
            here = column is self.by
            direction = ("descending" if self.backwards else "ascending") if here else ""
            wish = f"-{column.name}" if direction == "ascending" else column.name
            found.append(Head(column, self.address(sort=wish, page=None) if column.sort else "", direction))
        return found

    def chips(self) -> list[dict[str, Any]]:
        """The filters that are set, each with the address without it."""
        asked = self.filters.asked() if self.is_narrowed and self.filters else []
        return [
            {"label": label, "value": words, "url": self.address(**{name: None}, page=None)}
            for name, label, words in asked
        ]

    def kept(self) -> list[tuple[str, str]]:
        """What a filter form carries along unseen: the sorting."""
        return [("sort", str(self.asked["sort"]))] if self.asked.get("sort") else []

    def address(self, **changes: str | None) -> str:
        """This page's address with some of its parts changed; None takes one out."""
        query = self.asked.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        return "?" + query.urlencode()

    @property
    def url_without_filters(self) -> str:
        return self.address(page=None, **dict.fromkeys(self.filters.fields if self.filters else (), None))

    @property
    def csv_url(self) -> str:
        return self.address(format="csv", page=None)

    @property
    def wants_csv(self) -> bool:
        return self.asked.get("format") == "csv"

    def csv(self, name: str) -> HttpResponse:
        """What the address asks for, all pages of it (at most 50,000 rows), as a file that opens in any spreadsheet."""
        return csv_response(name, self._csv_heads(), (self._csv_row(row) for row in self.rows[:MOST_CSV_ROWS]))

    def _csv_heads(self) -> list[str]:
        heads: list[str] = []
        for column in self.columns:
            heads += [str(column.label), f"{column.label} ¤"] if column.kind == "money" else [str(column.label)]
        return heads

    def _csv_row(self, row: Any) -> list[Any]:
        cells: list[Any] = []
        for column in self.columns:
            if column.kind == "money":
                minor, code = column.money(row)
                cells += [None, ""] if minor is None else [to_decimal(minor, code), code.upper()]
            else:
                cells.append(column.read(row))
        return cells

    def _sorted_by(self, wish: str) -> tuple[Column, bool] | None:
        name = wish.removeprefix("-")
        found = next((column for column in self.columns if column.name == name and column.sort), None)
        return (found, wish.startswith("-")) if found else None


def look_up(row: Any, path: str | Callable[[Any], Any]) -> Any:
    """The value at a path of attributes or keys; a method at its end is called; None where the way ends early."""
    if callable(path):
        return path(row)
    for name in path.split("."):
        row = row.get(name) if isinstance(row, dict) else getattr(row, name, None)
    return row() if callable(row) else row


def cell_text(column: Column, row: Any) -> str:
    """Money as the reader's locale writes it, for cells without a template."""
    minor, code = column.money(row)
    return "–" if minor is None else format_money(minor, code, reader_locale())


def csv_response(name: str, heads: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A CSV file, marked as UTF-8 for spreadsheets, kept by nobody on the way; no cell of it is read as a formula."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow([unarmed(head) for head in heads])
    writer.writerows([unarmed(cell) for cell in row] for row in rows)
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def unarmed(value: Any) -> str:
    """A cell as text; what would be taken for a formula gets an apostrophe before it. Numbers and days stay themselves."""
    if value is None:
        return ""
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    text = str(value)
    if isinstance(value, int | float | Decimal) or not text.lstrip().startswith(FORMULA_SIGNS):
        return text
    return f"'{text}"


def chosen(request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows of a bulk form that were ticked, out of those that the person may touch (`rows`)."""
    keys = [key for key in request.POST.getlist("chosen") if key.isdecimal()]
    return rows.filter(pk__in=keys[:1000])
