"""The books in the back office: to be read and followed, never to be written."""

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.kit.back_office import ReadOnly, Rows
from portal.ledger.models import Account, Batch, BooksProof, Entry, Line, Source


def link(row: Model | None) -> SafeString | str:
    """A link to a row's own page in the back office."""
    if row is None:
        return "–"
    meta = row._meta
    return format_html(
        '<a href="{}">{}</a>', reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]), row
    )


class LineInline(ReadOnly, Rows):
    model = Line
    extra = 0
    fields = ("account_link", "amount", "currency")
    readonly_fields = ("account_link",)

    @admin.display(description="account")
    def account_link(self, line: Line) -> SafeString | str:
        return link(line.account)


@admin.register(Account)
class AccountAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("code", "currency")
    list_filter = ("currency",)
    search_fields = ("code",)


@admin.register(Source)
class SourceAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("name", "version")
    search_fields = ("name",)
    readonly_fields = ("posted_entries",)

    @admin.display(description="entries")
    def posted_entries(self, source: Source) -> SafeString:
        parts = [
            format_html("<li>{} {}</li>", link(entry), entry.memo) for entry in source.entries.order_by("pk")[:200]
        ]
        return format_html("<ul>{}</ul>", SafeString("".join(parts)))


@admin.register(Entry)
class EntryAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("key", "kind", "at", "memo", "source_link")
    list_filter = ("kind",)
    search_fields = ("key", "memo", "source__name")
    date_hierarchy = "at"
    list_select_related = ("source",)
    show_full_result_count = False
    fields = ("key", "kind", "at", "written_at", "memo", "source_link", "digest")
    readonly_fields = fields
    inlines = (LineInline,)

    @admin.display(description="source")
    def source_link(self, entry: Entry) -> SafeString | str:
        return link(entry.source)


@admin.register(Line)
class LineAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("id", "entry_link", "account_link", "amount", "currency")
    list_filter = ("currency",)
    search_fields = ("account__code", "entry__key")
    list_select_related = ("entry", "account")
    show_full_result_count = False
    ordering = ("-id",)
    fields = ("entry_link", "account_link", "amount", "currency")
    readonly_fields = fields

    @admin.display(description="entry")
    def entry_link(self, line: Line) -> SafeString | str:
        return link(line.entry)

    @admin.display(description="account")
    def account_link(self, line: Line) -> SafeString | str:
        return link(line.account)


@admin.register(Batch)
class BatchAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("upto_line", "closed_at")


@admin.register(BooksProof)
class BooksProofAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("proved_at", "holds", "entries", "lines", "duration_ms")
    list_filter = ("holds",)
