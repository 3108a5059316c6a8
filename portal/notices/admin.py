from django.contrib import admin

from portal.kit.back_office import ReadOnly
from portal.notices.models import Notice, NoticePreference, OutboxEmail


@admin.register(Notice)
class NoticeAdmin(ReadOnly, admin.ModelAdmin):
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
class OutboxEmailAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("subject", "to", "written_at")
    search_fields = ("subject", "to")
    date_hierarchy = "written_at"
