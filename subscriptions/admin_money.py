"""The back office of codes, trials, unpaid renewals, refunds and alarms: all of it is looked at, one thing is added."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from portal.kit.back_office import ReadOnly, Rows
from subscriptions.models import (
    Alarm,
    DisputeAnswer,
    Dunning,
    FraudRule,
    Gift,
    PaymentAttempt,
    PaymentCard,
    PromoCode,
    PromoUse,
    Purchase,
    RefundOrder,
    StayOffer,
    Trial,
)


class PromoUseInline(ReadOnly, Rows):
    model = PromoUse
    extra = 0
    fields = ("fan", "used_at", "off_minor", "currency", "freed_at", "cut_short_at")


@admin.register(PromoCode)
class PromoCodeAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("code", "creator", "percent", "amount_minor", "duration", "starts_at", "ends_at", "switched_off_at")
    list_filter = ("duration",)
    search_fields = ("code", "creator__handle")
    list_select_related = ("creator",)
    inlines = (PromoUseInline,)


@admin.register(Trial)
class TrialAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("fan", "creator", "tier", "began_at", "ends_at", "refused_at")
    search_fields = ("fan__email", "mailbox", "creator__handle")
    list_select_related = ("fan", "creator", "tier")


@admin.register(PaymentCard)
class PaymentCardAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("user", "brand", "last4", "exp_month", "exp_year", "seen_at")
    search_fields = ("user__email", "fingerprint", "last4")


class PaymentAttemptInline(ReadOnly, Rows):
    model = PaymentAttempt
    extra = 0
    fields = ("kind", "outcome", "decline_code", "message", "asked_at", "answered_at")


@admin.register(Dunning)
class DunningAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "membership",
        "state",
        "amount_minor",
        "failed_at",
        "next_attempt_at",
        "deadline_at",
        "decline_code",
    )
    list_filter = ("state", "decline_code")
    search_fields = ("membership__fan__email", "invoice__stripe_id")
    list_select_related = ("membership__fan", "membership__creator")
    inlines = (PaymentAttemptInline,)


@admin.register(RefundOrder)
class RefundOrderAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("invoice", "purchase", "amount_minor", "state", "asked_by", "reason", "asked_at", "answered_at")
    list_filter = ("state",)
    search_fields = ("invoice__stripe_id", "invoice__public_id", "asked_by__email")
    list_select_related = ("invoice", "purchase__buyer", "asked_by")


@admin.register(FraudRule)
class FraudRuleAdmin(admin.ModelAdmin):
    """Versions are added, never edited: a payment was judged by the one of its day."""

    list_display = ("version", "most_minor", "within_days", "effective_date", "note")
    fields = ("most_minor", "within_days", "effective_date", "note")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: FraudRule, form: forms.ModelForm, change: bool) -> None:
        newest = FraudRule.objects.order_by("-version").first()
        obj.version = newest.version + 1 if newest else 1
        obj.save()


@admin.register(Alarm)
class AlarmAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("kind", "about", "sentence", "since_at", "raised_at", "resolved_at")
    list_filter = ("kind", ("resolved_at", admin.EmptyFieldListFilter))
    search_fields = ("about", "sentence")


@admin.register(DisputeAnswer)
class DisputeAnswerAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("dispute", "kind", "decided_by", "decided_at", "sent_at")


@admin.register(StayOffer)
class StayOfferAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("membership", "kind", "promo", "shown_at", "accepted_at", "sent_at", "refused_at")
    list_filter = ("kind", ("accepted_at", admin.EmptyFieldListFilter))


@admin.register(Purchase)
class PurchaseAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "public_id",
        "kind",
        "buyer",
        "creator",
        "state",
        "amount_minor",
        "currency",
        "paid_at",
        "earned_at",
    )
    list_filter = ("kind", "state")
    search_fields = ("public_id", "buyer__email", "creator__handle", "stripe_session_id")
    list_select_related = ("buyer", "creator")


@admin.register(Gift)
class GiftAdmin(ReadOnly, admin.ModelAdmin):
    """The link's secret is nowhere: staff cannot claim what is somebody's."""

    list_display = ("public_id", "buyer", "creator", "tier", "months", "redeemer", "claimed_at", "withdrawn_at")
    list_filter = (("claimed_at", admin.EmptyFieldListFilter), ("withdrawn_at", admin.EmptyFieldListFilter))
    search_fields = ("public_id", "buyer__email", "redeemer__email", "recipient_email", "creator__handle")
    list_select_related = ("buyer", "creator", "tier", "redeemer")
