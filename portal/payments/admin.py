from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.kit.back_office import ReadOnly
from portal.payments import inbox
from portal.payments.models import Customer, PayoutAccount, StripeEvent


class HandledFilter(admin.SimpleListFilter):
    title = _("handled")
    parameter_name = "handled"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("no", str(_("Waiting"))), ("failed", str(_("Failed before"))), ("yes", str(_("Handled")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> QuerySet[StripeEvent]:
        if self.value() == "no":
            return queryset.filter(handled_at=None)
        if self.value() == "failed":
            return queryset.filter(handled_at=None).exclude(last_error="")
        return queryset.exclude(handled_at=None) if self.value() == "yes" else queryset


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("event_id", "kind", "object_id", "received_at", "handled_at", "attempts", "note")
    list_filter = (HandledFilter, "is_thin", "kind")
    search_fields = ("event_id", "object_id", "account")
    date_hierarchy = "received_at"
    actions = ("replay",)

    @admin.action(description=_("Handle again"), permissions=["view"])
    def replay(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        now = timezone.now()
        for event in queryset:
            inbox.replay(event=event, now=now)
        text = ngettext("%d event will be handled again.", "%d events will be handled again.", len(queryset))
        self.message_user(request, text % len(queryset), messages.SUCCESS)


@admin.register(Customer)
class CustomerAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("user", "stripe_id", "created_at")
    search_fields = ("user__email", "stripe_id")


@admin.register(PayoutAccount)
class PayoutAccountAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("creator", "state", "country", "currency", "opened_at", "changed_at", "read_at")
    list_filter = ("state", "country")
    search_fields = ("creator__handle", "stripe_id")
