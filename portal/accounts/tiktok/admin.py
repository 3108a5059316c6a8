from django.contrib import admin

from portal.accounts.tiktok.models import Connection, Video


@admin.register(Connection)
class ConnectionAdmin(admin.ModelAdmin):
    list_display = ("account", "refreshed_at", "measured_at", "lost_at", "lost_reason")
    readonly_fields = ("account", "claimed_at", "refreshed_at", "refresh_expires_at", "measured_at")
    search_fields = ("account__uid", "account__user__email")


@admin.register(Video)
class VideoAdmin(admin.ModelAdmin):
    list_display = ("title", "account", "published_at", "duration_seconds", "view_count", "is_aigc", "measured_at")
    search_fields = ("title", "video_id", "account__uid")
    date_hierarchy = "published_at"
