"""The back office of badges, emojis and promises. Two deeds: raise a streak shield, and care for the passport keys."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.kit.back_office import ReadOnly, Rows
from subscriptions.actions.badges import rotate_passport_key, withdraw_passport_key
from subscriptions.actions.tenure import raise_shield
from subscriptions.models import (
    Emoji,
    EmojiPoints,
    EmojiVersion,
    Founder,
    PassportKey,
    PromiseOutcome,
    Shielded,
    StreakShield,
    TenureMonth,
    TierPromise,
)


class EmojiVersionInline(ReadOnly, Rows):
    model = EmojiVersion
    extra = 0
    can_delete = False
    fields = ("state", "uploaded_at", "score", "frames", "reviewed_by", "reviewed_at", "code", "note")


@admin.register(Emoji)
class EmojiAdmin(ReadOnly, admin.ModelAdmin):
    """What there is; new art is looked at on the review page, one at a time."""

    list_display = ("picture", "name", "creator", "tier", "created_at", "retired_at")
    search_fields = ("name", "creator__handle")
    list_select_related = ("creator", "tier", "live")
    readonly_fields = ("picture",)
    inlines = (EmojiVersionInline,)

    @admin.display(description=_("picture"))
    def picture(self, emoji: Emoji) -> SafeString | str:
        return (
            format_html('<img src="{}" width="56" height="56" alt="{}">', emoji.address(), emoji) if emoji.live else "–"
        )


@admin.register(EmojiVersion)
class EmojiVersionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("emoji", "state", "uploaded_at", "score", "frames", "reviewed_by", "code", "look")
    list_filter = ("state", "code")
    search_fields = ("emoji__name", "emoji__creator__handle", "public_id")
    list_select_related = ("emoji", "reviewed_by")

    @admin.display(description=_("look at it"))
    def look(self, version: EmojiVersion) -> SafeString | str:
        is_waiting = version.state == EmojiVersion.State.PENDING
        return format_html('<a href="{}">{}</a>', reverse("emoji_review"), _("review page")) if is_waiting else "–"


@admin.register(EmojiPoints)
class EmojiPointsAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("creator", "most", "reached_at")
    search_fields = ("creator__handle",)
    list_select_related = ("creator",)


@admin.register(TenureMonth)
class TenureMonthAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("fan", "creator", "kind", "from_at", "until_at", "tenure", "streak", "source")
    list_filter = ("kind",)
    search_fields = ("fan__email", "creator__handle", "source")
    list_select_related = ("fan", "creator")


@admin.register(Founder)
class FounderAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("creator", "number", "fan", "since_at", "source")
    search_fields = ("fan__email", "creator__handle")
    list_select_related = ("fan", "creator")


class ShieldedInline(ReadOnly, Rows):
    model = Shielded
    extra = 0
    can_delete = False
    fields = ("fan", "creator", "from_at", "until_at")


class StreakShieldForm(forms.ModelForm):
    class Meta:
        model = StreakShield
        fields = ("from_at", "until_at", "creator", "reason")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        start, stop = values.get("from_at"), values.get("until_at")
        if start and stop and (stop <= start or start > timezone.now()):
            self.add_error("until_at", _("Its end comes after its beginning, and it has begun."))
        return values


@admin.register(StreakShield)
class StreakShieldAdmin(ReadOnly, admin.ModelAdmin):
    """After a fault of the portal: one span, one reason, and everybody it hit keeps months and streak."""

    form = StreakShieldForm
    list_display = ("from_at", "until_at", "creator", "reason", "raised_by", "raised_at")
    list_select_related = ("creator", "raised_by")
    raw_id_fields = ("creator",)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return request.user.has_perm("subscriptions.add_streakshield")

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [] if obj is None else [ShieldedInline]

    def save_model(self, request: HttpRequest, obj: StreakShield, form: forms.ModelForm, change: bool) -> None:
        shield = raise_shield(by=request.user, now=timezone.now(), **form.cleaned_data)  # type: ignore[arg-type]
        obj.pk = shield.pk
        obj.refresh_from_db()
        found = shield.shielded.count()
        self.message_user(request, _("%(found)s members keep their months.") % {"found": found}, messages.SUCCESS)


@admin.register(PassportKey)
class PassportKeyAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("key_id", "generation", "created_at", "withdrawn_at")
    actions = ("withdraw", "begin_new")

    def _check(self, request: HttpRequest) -> None:
        if not request.user.has_perm("subscriptions.change_passportkey"):
            raise PermissionDenied

    @admin.action(description=_("Withdraw: nothing signed with it is believed any more"), permissions=["view"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[PassportKey]) -> HttpResponse | None:
        self._check(request)
        for key in queryset:
            withdraw_passport_key(key=key, now=timezone.now())
            self.log_change(request, key, str(_("withdrawn")))
        return None

    @admin.action(description=_("Begin a new key; older ones are still believed"), permissions=["view"])
    def begin_new(self, request: HttpRequest, queryset: QuerySet[PassportKey]) -> HttpResponse | None:
        self._check(request)
        key, _private = rotate_passport_key(now=timezone.now())
        self.log_addition(request, key, [{"added": {}}])
        return None


@admin.register(TierPromise)
class TierPromiseAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("tier", "kind", "a_month", "from_date", "stated_by", "stated_at")
    list_filter = ("kind",)
    search_fields = ("tier__name", "tier__creator__handle")
    list_select_related = ("tier", "stated_by")


@admin.register(PromiseOutcome)
class PromiseOutcomeAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("tier", "kind", "month_date", "state", "done", "promise", "closed_at")
    list_filter = ("state", "kind")
    search_fields = ("tier__name", "tier__creator__handle")
    list_select_related = ("tier", "promise__tier")
