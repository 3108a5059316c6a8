"""The back office of seasons: looked at, never changed. The list belongs to the creator, what is on it to the fans."""

from django.contrib import admin

from portal.kit.back_office import ReadOnly, Rows
from subscriptions.models import Dispatch, Fulfillment, OpeningRequest, Place, Season


@admin.register(Season)
class SeasonAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("name", "tier", "opens_at", "closes_at", "billing_date", "first_period", "locked_at", "canceled_at")
    list_filter = ("first_period", ("locked_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "public_id", "tier__creator__handle")
    list_select_related = ("tier",)


@admin.register(Place)
class PlaceAdmin(ReadOnly, admin.ModelAdmin):
    """Where parcels go is not shown in the list."""

    list_display = ("fan", "season", "taken_at", "changed_at")
    search_fields = ("fan__email", "season__name", "public_id")
    list_select_related = ("fan", "season")


class DispatchInline(ReadOnly, Rows):
    model = Dispatch
    extra = 0
    fields = ("sent_date", "note", "recorded_at", "recorded_by", "undone_at", "undone_by")


@admin.register(Fulfillment)
class FulfillmentAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("name", "season", "owes", "paid_minor", "currency", "since_at", "locked_at", "is_late")
    list_filter = ("is_late",)
    search_fields = ("name", "place__fan__email", "season__name")
    list_select_related = ("season",)
    inlines = (DispatchInline,)


@admin.register(Dispatch)
class DispatchAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("fulfillment", "sent_date", "note", "recorded_at", "recorded_by", "undone_at")
    search_fields = ("fulfillment__name", "note")
    list_select_related = ("fulfillment__season", "recorded_by")


@admin.register(OpeningRequest)
class OpeningRequestAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("fan", "tier", "asked_at", "told_at", "dropped_at")
    search_fields = ("fan__email", "tier__name")
    list_select_related = ("fan", "tier")
