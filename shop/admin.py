"""Staff work of the shop. What machines report and what moved money is read-only; the deeds on it are buttons."""

from collections.abc import Callable
from functools import partial

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.kit.back_office import ReadOnly, Rows
from portal.kit.refusal import Refusal
from shop.actions.commissions import hold_commission, lift_hold, void_commission
from shop.models import (
    Brand,
    BrandMember,
    Click,
    Commission,
    CommissionEvent,
    CommissionPlan,
    Delivery,
    Link,
    Order,
    OrderLine,
    OrderReturn,
    PlanVersion,
    Product,
    RegionListing,
    ShopTerms,
    ShowcaseItem,
    SigningKey,
    TopUp,
)


class ReadOnlyRows(Rows):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class MemberRows(Rows):
    model = BrandMember
    extra = 1
    raw_id_fields = ("user",)


class VersionRows(ReadOnlyRows):
    model = PlanVersion


class ListingRows(ReadOnlyRows):
    model = RegionListing


class LineRows(ReadOnlyRows):
    model = OrderLine
    fields = ("external_id", "sku", "quantity", "paid_minor", "returned_minor", "reason")


class EventRows(ReadOnlyRows):
    model = CommissionEvent


@admin.register(ShopTerms)
class ShopTermsAdmin(admin.ModelAdmin):
    list_display = ("valid_from", "click_window_days", "return_days", "lock_days", "notice_days", "fee_bp", "note")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        # Links and commissions were made under them: newer terms are a newer row.
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Brand)
class BrandAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "currency", "since_at")
    search_fields = ("name", "slug")
    inlines = (MemberRows,)

    def get_readonly_fields(self, request: HttpRequest, obj: Brand | None = None) -> tuple[str, ...]:
        # Products, budget and books are kept in it.
        return ("currency",) if obj else ()


@admin.register(Product)
class ProductAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("title", "brand", "sku", "price_minor", "currency", "listed_at", "delisted_at")
    list_filter = ("brand",)
    search_fields = ("title", "sku")
    inlines = (ListingRows,)


@admin.register(CommissionPlan)
class CommissionPlanAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("product", "kind", "creator")
    list_select_related = ("product", "creator")
    inlines = (VersionRows,)


@admin.register(Order)
class OrderAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("external_id", "brand", "placed_at", "currency", "buyer_region", "origin")
    list_filter = ("brand", "origin")
    search_fields = ("external_id",)
    inlines = (LineRows,)


@admin.register(Commission)
class CommissionAdmin(ReadOnly, admin.ModelAdmin):
    """The creator reads the reason of each deed."""

    list_display = (
        "public_id",
        "creator",
        "brand",
        "state",
        "rate_bp",
        "currency",
        "earned_at",
        "release_at",
        "reason",
    )
    list_filter = ("state", "brand")
    list_select_related = ("creator", "brand")
    search_fields = ("public_id", "creator__handle", "line__order__external_id")
    inlines = (EventRows,)
    actions = ("hold", "lift", "void")
    HELD_FOR, VOIDED_FOR = "Held for a review by staff.", "Canceled by staff after a review."

    @admin.action(description=_("Hold for a review"), permissions=["view"])
    def hold(self, request: HttpRequest, rows: QuerySet[Commission]) -> None:
        self._each(request, rows, partial(hold_commission, reason=self.HELD_FOR))

    @admin.action(description=_("End the review"), permissions=["view"])
    def lift(self, request: HttpRequest, rows: QuerySet[Commission]) -> None:
        self._each(request, rows, lift_hold)

    @admin.action(description=_("Cancel for good"), permissions=["view"])
    def void(self, request: HttpRequest, rows: QuerySet[Commission]) -> None:
        self._each(request, rows, partial(void_commission, reason=self.VOIDED_FOR))

    def _each(self, request: HttpRequest, rows: QuerySet[Commission], deed: Callable[..., object]) -> None:
        for commission in rows:
            try:
                deed(commission=commission, by=request.user, now=timezone.now())
            except Refusal as refusal:
                messages.error(request, f"{commission.public_id}: {refusal}")


@admin.register(Click)
class ClickAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("at", "link", "flag", "region", "referrer")
    list_filter = ("flag",)
    list_select_related = ("link__creator", "link__product")
    show_full_result_count = False


@admin.register(OrderReturn)
class OrderReturnAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "external_id",
        "brand",
        "order_number",
        "line_number",
        "quantity",
        "amount_minor",
        "returned_at",
        "line",
    )
    list_filter = ("brand", ("line", admin.EmptyFieldListFilter))
    list_select_related = ("brand", "line")


@admin.register(TopUp)
class TopUpAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("public_id", "brand", "amount_minor", "currency", "state", "paid_at", "refunded_minor")
    list_filter = ("state", "brand")


@admin.register(Link)
class LinkAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("code", "creator", "product", "rate_bp", "created_at", "locked_until", "closed_at")
    list_select_related = ("creator", "product")
    search_fields = ("code", "creator__handle")


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("key_id", "brand", "made_at", "made_by", "ends_at", "last_used_at")


for model in (Delivery, ShowcaseItem):
    admin.site.register(model, type(f"{model.__name__}Admin", (ReadOnly, admin.ModelAdmin), {}))
