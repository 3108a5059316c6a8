from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.kit.back_office import ReadOnly
from portal.payouts.actions.holds import release_hold
from portal.payouts.models import Hold, Payout, PayoutItem, PayoutRule, PayoutRun, PayoutSkip, Statement


@admin.register(PayoutRule)
class PayoutRuleAdmin(admin.ModelAdmin):
    """A new rule is a new row: what was in force stays readable."""

    list_display = ("currency", "valid_from_date", "minimum_minor", "change_wait_days", "netting_cap_bp")
    list_filter = ("currency",)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(PayoutRun)
class PayoutRunAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("period", "stage", "opened_at", "opened_by", "done_at")
    list_filter = ("stage",)


@admin.register(Payout)
class PayoutAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("public_id", "creator", "amount_minor", "currency", "state", "run", "attempt", "stripe_transfer_id")
    list_filter = ("state", "currency", "run")
    search_fields = ("public_id", "creator__handle", "stripe_transfer_id")


@admin.register(PayoutItem)
class PayoutItemAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("line_id", "payout", "amount_minor")
    search_fields = ("line_id", "payout__public_id")


@admin.register(PayoutSkip)
class PayoutSkipAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("creator", "currency", "reason", "amount_minor", "run")
    list_filter = ("reason", "currency", "run")
    search_fields = ("creator__handle",)


@admin.register(Statement)
class StatementAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("creator", "run", "currency", "opening_minor", "earned_minor", "paid_minor", "closing_minor")
    list_filter = ("currency", "run")
    search_fields = ("creator__handle",)


@admin.register(Hold)
class HoldAdmin(admin.ModelAdmin):
    list_display = ("creator", "kind", "reason", "since", "until", "released_at")
    list_filter = ("kind",)
    search_fields = ("creator__handle", "reason")
    raw_id_fields = ("creator",)
    readonly_fields = ("key", "placed_by", "released_at")
    actions = ("release",)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Hold, form: object, change: bool) -> None:
        if not change:
            obj.placed_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    @admin.action(description=_("Release"), permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[Hold]) -> None:
        for hold in queryset:
            release_hold(hold=hold, now=timezone.now())
