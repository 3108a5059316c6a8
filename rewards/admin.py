from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from rewards.actions import decide_appeal, hold_line, publish_card, release_line
from rewards.models import (
    Appeal,
    Clip,
    DailyRating,
    MonthStatement,
    RateCard,
    RatedDay,
    StatementLine,
    ViewBatch,
    ViewSource,
)
from rewards.signing import secret_of


def _staff(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


class ReadOnly(admin.ModelAdmin):
    """Made by the rating; shown, never edited."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ViewSource)
class ViewSourceAdmin(admin.ModelAdmin):
    list_display = ("label", "slug", "is_open", "key_number")
    readonly_fields = ("signing_secret",)

    @admin.display(description=_("signing secret"))
    def signing_secret(self, source: ViewSource) -> str:
        return secret_of(source) if source.pk else ""


@admin.register(Clip)
class ClipAdmin(admin.ModelAdmin):
    list_display = ("title", "creator", "source", "external_id", "duration_ms", "is_original", "published_at")
    list_filter = ("source", "is_original")
    list_select_related = ("creator", "source")
    search_fields = ("title", "external_id", "creator__handle")
    autocomplete_fields = ("creator",)
    readonly_fields = ("public_id",)


@admin.register(RateCard)
class RateCardAdmin(SimpleHistoryAdmin):
    list_display = ("version", "valid_from", "currency", "published_at", "note")
    readonly_fields = ("published_at", "published_by")
    actions = ("publish",)

    def has_change_permission(self, request: HttpRequest, obj: RateCard | None = None) -> bool:
        """A published card stays as it is."""
        return super().has_change_permission(request, obj) and (obj is None or obj.published_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: RateCard | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and obj.published_at is None

    @admin.action(description=_("Publish the selected drafts"))
    def publish(self, request: HttpRequest, queryset: QuerySet[RateCard]) -> None:
        for card in queryset.order_by("valid_from"):
            try:
                publish_card(card=card, by=_staff(request), now=timezone.now())
            except Refusal as refusal:
                self.message_user(request, f"{card}: {refusal}", messages.ERROR)


@admin.register(ViewBatch)
class ViewBatchAdmin(ReadOnly):
    list_display = ("received_at", "source", "views", "first_date", "last_date", "origin", "content_hash")
    list_filter = ("source",)
    list_select_related = ("source",)


@admin.register(RatedDay)
class RatedDayAdmin(ReadOnly):
    list_display = ("day", "source", "card", "views", "qualified", "uncounted", "rated_at")
    list_filter = ("source", "card")
    list_select_related = ("source", "card")
    date_hierarchy = "day"


@admin.register(DailyRating)
class DailyRatingAdmin(ReadOnly):
    list_display = ("day", "clip", "views", "qualified", "uncounted", "card")
    list_select_related = ("clip", "card")
    search_fields = ("clip__title", "clip__external_id", "clip__creator__handle")
    date_hierarchy = "day"


@admin.register(MonthStatement)
class MonthStatementAdmin(ReadOnly):
    list_display = ("month", "creator", "amount_minor", "currency", "state", "closed_at", "final_at")
    list_filter = ("state", "month")
    list_select_related = ("creator",)
    search_fields = ("creator__handle",)


@admin.register(StatementLine)
class StatementLineAdmin(admin.ModelAdmin):
    """Staff may only hold a line, with the reason that is written into the field, and release it again."""

    list_display = ("statement", "clip", "views", "qualified", "paid_views", "amount_minor", "held")
    list_filter = ("held", "statement__month")
    list_select_related = ("statement", "clip")
    search_fields = ("clip__title", "statement__creator__handle")
    fields = ("statement", "clip", "views", "qualified", "paid_views", "parts", "amount_minor", "held", "held_reason")
    readonly_fields = tuple(name for name in fields if name != "held_reason")
    actions = ("release",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: StatementLine, form: Any, change: bool) -> None:
        try:
            hold_line(line=obj, reason=obj.held_reason, now=timezone.now())
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)

    @admin.action(description=_("Release the selected lines"))
    def release(self, request: HttpRequest, queryset: QuerySet[StatementLine]) -> None:
        for line in queryset:
            release_line(line=line, now=timezone.now())


@admin.register(Appeal)
class AppealAdmin(admin.ModelAdmin):
    """Write the answer, then accept or decline with an action."""

    list_display = ("line", "state", "opened_at", "decide_by", "decided_by")
    list_filter = ("state",)
    list_select_related = ("line", "decided_by")
    readonly_fields = ("line", "message", "state", "opened_at", "decide_by", "decided_at", "decided_by")
    actions = ("accept", "decline")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Appeal | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == Appeal.State.OPEN)

    @admin.action(description=_("Accept, with the written answer"))
    def accept(self, request: HttpRequest, queryset: QuerySet[Appeal]) -> None:
        self._decide(request, queryset, accept=True)

    @admin.action(description=_("Decline, with the written answer"))
    def decline(self, request: HttpRequest, queryset: QuerySet[Appeal]) -> None:
        self._decide(request, queryset, accept=False)

    def _decide(self, request: HttpRequest, queryset: QuerySet[Appeal], *, accept: bool) -> None:
        for appeal in queryset:
            try:
                decide_appeal(
                    appeal=appeal, accept=accept, answer=appeal.answer, by=_staff(request), now=timezone.now()
                )
            except Refusal as refusal:
                self.message_user(request, f"{appeal}: {refusal}", messages.ERROR)
