"""The back office of subscriptions. Deeds go through their actions; money and history are only looked at."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.kit.back_office import Rows
from portal.kit.refusal import Refusal
from subscriptions import admin_benefits, admin_money, admin_pools, admin_seasons  # noqa: F401  (register their own)
from subscriptions.actions.comments import decide_reports
from subscriptions.actions.grants import give_grant, revoke_grant
from subscriptions.actions.posts import withdraw_post
from subscriptions.actions.refunds import refund_invoice
from subscriptions.models import (
    Benefit,
    Cancellation,
    ChargeDispute,
    ChargeRefund,
    Checkout,
    Comment,
    CommentReport,
    Grant,
    Invoice,
    Media,
    Membership,
    Message,
    Mute,
    Pause,
    PlanChange,
    Post,
    PriceChange,
    Quote,
    RevenueShare,
    Room,
    Tier,
    TierPrice,
)


class SeenOnlyAdmin(admin.ModelAdmin):
    """Rows that something else changes: the provider's word, or the people concerned."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SeenOnlyInline(Rows):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PriceInline(SeenOnlyInline):
    model = TierPrice
    fields = ("version", "interval", "amount_minor", "currency", "effective_at", "stripe_price_id")


@admin.register(Tier)
class TierAdmin(SeenOnlyAdmin):
    list_display = ("name", "creator", "rank", "seats", "published_at", "archived_at")
    list_filter = ("published_at", "archived_at")
    search_fields = ("name", "creator__handle", "public_id")
    list_select_related = ("creator",)
    inlines = (PriceInline,)


@admin.register(RevenueShare)
class RevenueShareAdmin(admin.ModelAdmin):
    """Versions are added, never edited: an invoice keeps the one it was split by."""

    list_display = ("creator", "version", "platform_bp", "effective_date", "note")
    fields = ("creator", "platform_bp", "effective_date", "note")
    raw_id_fields = ("creator",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: RevenueShare, form: forms.ModelForm, change: bool) -> None:
        newest = RevenueShare.objects.filter(creator=obj.creator).order_by("-version").first()
        obj.version = newest.version + 1 if newest else 1
        obj.save()


class InvoiceInline(SeenOnlyInline):
    model = Invoice
    fields = ("stripe_id", "status", "gross_minor", "currency", "period_start_at", "period_end_at", "paid_at")


class CancellationInline(SeenOnlyInline):
    model = Cancellation
    fields = ("asked_by", "asked_at", "reason", "comment", "ends_at", "undone_at")


@admin.register(Membership)
class MembershipAdmin(SeenOnlyAdmin):
    list_display = ("fan", "creator", "tier", "status", "period_end_at", "cancel_at_period_end", "joined_at")
    list_filter = ("status", "cancel_at_period_end")
    search_fields = ("fan__email", "creator__handle", "public_id", "stripe_subscription_id")
    list_select_related = ("fan", "creator", "tier")
    inlines = (InvoiceInline, CancellationInline)


@admin.register(Checkout)
class CheckoutAdmin(SeenOnlyAdmin):
    list_display = ("fan", "creator", "state", "started_at", "closed_at")
    list_filter = ("state",)
    search_fields = ("fan__email", "creator__handle", "public_id", "stripe_session_id")


@admin.register(Invoice)
class InvoiceAdmin(SeenOnlyAdmin):
    list_display = ("stripe_id", "membership", "status", "gross_minor", "tax_minor", "fee_minor", "currency", "paid_at")
    list_filter = ("status", "currency")
    search_fields = ("stripe_id", "public_id", "membership__fan__email", "membership__creator__handle")
    list_select_related = ("membership__fan", "membership__creator")
    actions = ("give_back",)

    @admin.action(description=_("Give all that is left of the payment back"), permissions=["view"])
    def give_back(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        if not request.user.has_perm("subscriptions.change_invoice"):
            raise PermissionDenied
        for invoice in queryset.select_related("charge"):
            try:
                refund = refund_invoice(
                    invoice=invoice,
                    amount_minor=None,
                    by=request.user,  # type: ignore[arg-type]
                    reason=str(_("Given back in the back office.")),
                    now=timezone.now(),
                )
                self.message_user(request, f"{invoice.stripe_id}: {refund}", messages.SUCCESS)
            except Refusal as refusal:
                self.message_user(request, f"{invoice.stripe_id}: {refusal}", messages.ERROR)


@admin.register(ChargeRefund, ChargeDispute)
class ChargeFactAdmin(SeenOnlyAdmin):
    list_display = ("stripe_id", "charge", "amount_minor", "status")
    list_filter = ("status",)
    search_fields = ("stripe_id", "charge__stripe_id")


class GrantForm(forms.ModelForm):
    """Given with a reason; taken back with a reason; nothing else of it changes."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.instance.pk is None and bool(values.get("tier")) == bool(values.get("benefit")):
            raise forms.ValidationError(_("Choose a tier or a benefit, and not both."))
        if self.instance.pk is None and not values.get("reason"):
            self.add_error("reason", _("Say why; the fan can read it."))
        return values

    def _post_clean(self) -> None:
        """The action makes the row; the rest of it is not known yet."""
        if self.instance.pk is not None:
            super()._post_clean()  # type: ignore[misc]


@admin.register(Grant)
class GrantAdmin(admin.ModelAdmin):
    form = GrantForm
    list_display = ("fan", "creator", "tier", "benefit", "kind", "from_at", "until_at", "revoked_at", "granted_by")
    list_filter = ("kind",)
    search_fields = ("fan__email", "creator__handle", "source")
    list_select_related = ("fan", "creator", "tier", "benefit", "granted_by")
    raw_id_fields = ("fan", "tier", "benefit")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return ["fan", "tier", "benefit", "until_at", "reason"]
        return [*self.get_readonly_fields(request, obj), "revoked_reason"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        names = ["fan", "creator", "tier", "benefit", "kind", "source", "from_at", "until_at", "reason", "granted_by"]
        closed = [] if obj.revoked_at is None else ["revoked_reason"]
        return [*names, "revoked_at", "revoked_by", *closed]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Grant, form: forms.ModelForm, change: bool) -> None:
        now, values = timezone.now(), form.cleaned_data
        if change:
            if values.get("revoked_reason"):
                revoke_grant(grant=obj, by=request.user, reason=values["revoked_reason"], now=now)  # type: ignore[arg-type]
            return
        given = give_grant(
            fan=values["fan"],
            kind=Grant.Kind.STAFF,
            by=request.user,  # type: ignore[arg-type]
            reason=values["reason"],
            now=now,
            tier=values["tier"],
            benefit=values["benefit"],
            until=values["until_at"],
        )
        obj.pk = given.pk
        obj.refresh_from_db()


@admin.register(Post)
class PostAdmin(SeenOnlyAdmin):
    list_display = ("title", "creator", "audience", "tier", "published_at")
    list_filter = ("audience",)
    search_fields = ("title", "creator__handle", "public_id")
    list_select_related = ("creator", "tier")
    actions = ("withdraw",)

    @admin.action(description=_("Take back to a draft"), permissions=["view"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        if not request.user.has_perm("subscriptions.change_post"):
            raise PermissionDenied
        for post in queryset:
            withdraw_post(post=post)


@admin.register(Message)
class MessageAdmin(SeenOnlyAdmin):
    list_display = ("author", "room", "text", "sent_at", "removed_at", "removed_by")
    search_fields = ("author__email", "room__creator__handle", "text")
    list_select_related = ("author", "room__creator", "removed_by")


@admin.register(Mute)
class MuteAdmin(SeenOnlyAdmin):
    list_display = ("fan", "room", "reason", "muted_at", "until_at", "lifted_at", "muted_by")
    search_fields = ("fan__email", "room__creator__handle")


@admin.register(Benefit)
class BenefitAdmin(SeenOnlyAdmin):
    list_display = ("title", "kind", "creator")
    list_filter = ("kind",)
    search_fields = ("title", "creator__handle")


@admin.register(Room)
class RoomAdmin(SeenOnlyAdmin):
    list_display = ("creator", "slow_seconds")


class ReportInline(SeenOnlyInline):
    model = CommentReport
    fields = ("reason", "note", "reporter", "reported_at", "state", "decided_by", "decided_at")


@admin.register(Comment)
class CommentAdmin(SeenOnlyAdmin):
    list_display = ("author", "post", "text", "sent_at", "removed_at", "removed_by", "removed_reason")
    search_fields = ("author__email", "post__title", "post__creator__handle", "text")
    list_select_related = ("author", "post", "removed_by")
    inlines = (ReportInline,)


@admin.register(CommentReport)
class CommentReportAdmin(SeenOnlyAdmin):
    """The queue of what readers reported: what waits comes first; one answer settles all reports of a comment."""

    list_display = ("reason", "said", "author", "note", "reporter", "reported_at", "state", "decided_by")
    list_filter = ("state", "reason")
    search_fields = ("comment__text", "comment__author__email", "reporter__email")
    list_select_related = ("comment__author", "reporter", "decided_by")
    ordering = (Case(When(state="open", then=0), default=1), "reported_at")
    actions = ("remove_comments", "keep_comments")

    @admin.display(description=_("comment"))
    def said(self, report: CommentReport) -> str:
        return report.comment.text[:200]

    @admin.display(description=_("author"))
    def author(self, report: CommentReport) -> str:
        return str(report.comment.author)

    def _decide(self, request: HttpRequest, queryset: QuerySet[CommentReport], *, remove: bool) -> None:
        if not request.user.has_perm("subscriptions.change_commentreport"):
            raise PermissionDenied
        for report in queryset.select_related("comment"):
            decide_reports(comment=report.comment, by=request.user, remove=remove, now=timezone.now())  # type: ignore[arg-type]
        self.message_user(request, _("Done; whose comment was removed is told why."), messages.SUCCESS)

    @admin.action(description=_("Remove the comments"), permissions=["view"])
    def remove_comments(self, request: HttpRequest, queryset: QuerySet[CommentReport]) -> None:
        self._decide(request, queryset, remove=True)

    @admin.action(description=_("Keep the comments"), permissions=["view"])
    def keep_comments(self, request: HttpRequest, queryset: QuerySet[CommentReport]) -> None:
        self._decide(request, queryset, remove=False)


@admin.register(Media)
class MediaAdmin(SeenOnlyAdmin):
    list_display = ("name", "kind", "creator", "post", "content_type", "size_bytes", "uploaded_at")
    list_filter = ("kind",)
    search_fields = ("name", "public_id", "creator__handle", "digest")
    list_select_related = ("creator", "post")
    # It lies outside every public folder, and staff are no members.
    exclude = ("file",)


@admin.register(Quote)
class QuoteAdmin(SeenOnlyAdmin):
    list_display = (
        "public_id",
        "kind",
        "fan",
        "creator",
        "charge_now_minor",
        "charged_minor",
        "quoted_at",
        "accepted_at",
    )
    list_filter = ("kind",)
    search_fields = ("public_id", "fan__email")


@admin.register(PlanChange)
class PlanChangeAdmin(SeenOnlyAdmin):
    list_display = ("membership", "from_price", "price", "effective_at", "applied_at", "dropped_reason")
    list_filter = ("dropped_reason",)


@admin.register(Pause)
class PauseAdmin(SeenOnlyAdmin):
    list_display = ("membership", "starts_at", "resumes_at", "ended_at")


@admin.register(PriceChange)
class PriceChangeAdmin(SeenOnlyAdmin):
    list_display = ("price", "announced_by", "announced_at", "effective_at", "withdrawn_at")
