"""What the back office of several apps shares."""

from typing import Any

from django.contrib import admin
from django.db.models import Field
from django.forms import CheckboxInput
from django.forms import Field as FormField
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class ReadOnly:
    """Put before ModelAdmin: rows that deeds write and staff only look at."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class RowsFormSet(BaseInlineFormSet):
    deletion_widget = CheckboxInput(attrs={"aria-label": _("Delete")})  # type: ignore[assignment]


class Rows(admin.TabularInline):
    """Rows below their parent: each input has its column's name, and whoever has no mouse can scroll a wide table."""

    template = "admin/scrolled_rows.html"
    formset = RowsFormSet

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **more: Any) -> FormField | None:
        field = super().formfield_for_dbfield(db_field, request, **more)
        if field is not None:
            field.widget.attrs.setdefault("aria-label", str(field.label))
        return field
