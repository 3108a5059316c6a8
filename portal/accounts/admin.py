from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import AudienceCount, Creator, User
from portal.kit.back_office import Rows


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    ordering = ("-joined_at",)
    list_display = ("email", "name", "country", "is_staff", "is_active", "joined_at")
    list_filter = ("is_staff", "is_active", "language")
    search_fields = ("email", "name", "public_id")
    readonly_fields = ("public_id", "last_login", "joined_at")
    filter_horizontal = ("groups", "user_permissions")
    fieldsets = (
        (None, {"fields": ("email", "password", "public_id")}),
        (_("Person"), {"fields": ("name", "country", "birth_date", "language", "time_zone", "theme")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Times"), {"fields": ("last_login", "joined_at")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),)


class AudienceCountInline(Rows):
    """Staff may enter a count; what was counted is history and stays."""

    model = AudienceCount
    extra = 0
    fields = ("followers", "views_30d", "measured_at", "origin", "note")
    can_delete = False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(Creator)
class CreatorAdmin(admin.ModelAdmin):
    list_display = ("handle", "display_name", "region", "user", "became_creator_at")
    list_filter = ("region",)
    search_fields = ("handle", "display_name", "user__email", "public_id")
    readonly_fields = ("public_id", "user", "became_creator_at")
    inlines = (AudienceCountInline,)


@admin.register(AudienceCount)
class AudienceCountAdmin(admin.ModelAdmin):
    list_display = ("creator", "followers", "views_30d", "origin", "measured_at")
    list_filter = ("origin",)
    search_fields = ("creator__handle",)
    date_hierarchy = "measured_at"

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False
