"""The back office of programs. What is a deed goes through its action; what is history is read-only."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.programs import actions
from portal.programs.models import Application, Enrollment, Invitation, Policy, RegionRule, Suspension


class GivenAdmin(admin.ModelAdmin):
    """Rows are made by an action (`make`), and afterwards only looked at."""

    def make(self, request: HttpRequest, wanted: Any) -> Any:
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        made = self.make(request, obj)
        obj.__dict__.update(made.__dict__)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """A refusal is a sentence for staff too; the form's transaction is rolled back."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(request.path)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin):
    list_display = ("program", "region", "version", "valid_from", "min_followers", "min_views", "min_age", "preview")
    list_filter = ("program", "region")
    exclude = ("views_window_days", "announced_at")
    readonly_fields = ("version", "published_at", "published_by", "preview")

    def has_change_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return (obj is None or not obj.is_published) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return obj is not None and not obj.is_published and super().has_delete_permission(request, obj)

    @admin.display(description=_("who enters, who leaves"))
    def preview(self, policy: Policy) -> SafeString | str:
        if policy.pk is None:
            return "–"
        label = _("published") if policy.is_published else _("look, then publish")
        return format_html('<a href="{}">{}</a>', reverse("policy_preview", args=[policy.pk]), label)


@admin.register(RegionRule)
class RegionRuleAdmin(SimpleHistoryAdmin):
    list_display = ("program", "region", "mode", "invites_per_creator", "charges", "valid_from")
    list_filter = ("program", "mode", "charges", "region")

    def has_change_permission(self, request: HttpRequest, obj: RegionRule | None = None) -> bool:
        """A day that has begun is history: a newer row takes over."""
        begun = obj is not None and obj.valid_from <= timezone.now().date()
        return not begun and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: RegionRule | None = None) -> bool:
        return obj is not None and self.has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: RegionRule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        actions.announce_soon()


@admin.register(Invitation)
class InvitationAdmin(GivenAdmin):
    list_display = ("program", "wave", "to_creator", "to_email", "by_creator", "created_at", "expires_at", "used_by")
    list_filter = ("program", "wave")
    fields = ("program", "wave", "to_creator", "to_email")
    autocomplete_fields = ("to_creator",)
    search_fields = ("to_email", "to_creator__handle", "wave")
    actions = ("take_back",)

    def make(self, request: HttpRequest, wanted: Invitation) -> Invitation:
        return actions.invite(
            program=wanted.program,
            by=_who(request),
            now=timezone.now(),
            to_creator=wanted.to_creator,
            to_email=wanted.to_email,
            wave=wanted.wave,
        )

    @admin.action(description=_("Take back"))
    def take_back(self, request: HttpRequest, rows: QuerySet[Invitation]) -> None:
        for row in rows:
            _do(self, request, lambda row=row: actions.revoke_invitation(invitation=row, now=timezone.now()))


@admin.register(Application)
class ApplicationAdmin(GivenAdmin):
    list_display = ("creator", "program", "state", "sent_at", "decided_at", "decided_by")
    list_filter = ("state", "program")
    search_fields = ("creator__handle",)
    actions = ("accept", "decline")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=_("Accept and enroll"))
    def accept(self, request: HttpRequest, rows: QuerySet[Application]) -> None:
        self._decide(request, rows, accept=True)

    @admin.action(description=_("Decline"))
    def decline(self, request: HttpRequest, rows: QuerySet[Application]) -> None:
        self._decide(request, rows, accept=False)

    def _decide(self, request: HttpRequest, rows: QuerySet[Application], *, accept: bool) -> None:
        for row in rows.select_related("creator__user"):
            _do(
                self,
                request,
                lambda row=row: actions.decide_application(
                    application=row, accept=accept, by=_who(request), now=timezone.now()
                ),
            )


@admin.register(Enrollment)
class EnrollmentAdmin(GivenAdmin):
    list_display = ("creator", "program", "way", "policy", "enrolled_at", "left_at")
    list_filter = ("program", "way")
    fields = ("creator", "program")
    autocomplete_fields = ("creator",)
    search_fields = ("creator__handle",)
    date_hierarchy = "enrolled_at"

    def make(self, request: HttpRequest, wanted: Enrollment) -> Enrollment:
        return actions.enroll_by_staff(
            creator=wanted.creator, program=wanted.program, now=timezone.now(), by=_who(request)
        )


@admin.register(Suspension)
class SuspensionAdmin(GivenAdmin):
    list_display = ("creator", "program", "reason", "suspended_at", "until_date", "lifted_at")
    list_filter = ("program",)
    fields = ("creator", "program", "reason", "until_date")
    autocomplete_fields = ("creator",)
    search_fields = ("creator__handle", "reason")
    actions = ("lift",)

    def make(self, request: HttpRequest, wanted: Suspension) -> Suspension:
        return actions.suspend(
            creator=wanted.creator,
            program=wanted.program,
            reason=wanted.reason,
            until=wanted.until_date,
            now=timezone.now(),
            by=_who(request),
        )

    @admin.action(description=_("Lift"))
    def lift(self, request: HttpRequest, rows: QuerySet[Suspension]) -> None:
        for row in rows:
            _do(self, request, lambda row=row: actions.lift(suspension=row, now=timezone.now(), by=_who(request)))


def _who(request: HttpRequest) -> User:
    """The member of staff: the back office opens to nobody else."""
    assert isinstance(request.user, User)
    return request.user


def _do(site: admin.ModelAdmin, request: HttpRequest, deed: Any) -> None:
    """A refusal is a sentence for staff too."""
    try:
        deed()
    except Refusal as refusal:
        site.message_user(request, str(refusal), messages.ERROR)
