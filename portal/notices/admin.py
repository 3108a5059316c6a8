from django.contrib import admin
from django.http import HttpRequest

from portal.notices.models import Notice, NoticePreference, OutboxEmail


class ReadOnlyAdmin(admin.ModelAdmin):
    """Looked at, never written by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("subject", "kind", "user", "told_at", "read_at", "emailed_at", "attempts")
    list_filter = ("kind", "by_email")
    search_fields = ("user__email", "subject", "key")
    date_hierarchy = "told_at"


@admin.register(NoticePreference)
class NoticePreferenceAdmin(admin.ModelAdmin):
    list_display = ("user", "kind", "bell", "email")
    search_fields = ("user__email", "kind")
    autocomplete_fields = ("user",)


@admin.register(OutboxEmail)
class OutboxEmailAdmin(ReadOnlyAdmin):
    list_display = ("subject", "to", "written_at")
    search_fields = ("subject", "to")
    date_hierarchy = "written_at"
