"""What a brand sees and does: products, orders, budget, key."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.models import Creator
from portal.kit.page import page
from portal.kit.refusal import Refusal
from portal.payments.gateway import GatewayError
from shop.access import brand_only
from shop.actions.budget import open_checkout, start_top_up
from shop.actions.catalog import change_product, delist_product, list_product, make_signing_key, offer_target_plan
from shop.forms import ProductForm, TargetPlanForm, TopUpForm
from shop.models import Brand, CommissionPlan, OrderLine, OrderReturn, Product
from shop.queries.budget import brand_summary, prepaid_minor, unfunded_minor
from shop.queries.catalog import best_version, offers, regions_of
from shop.signing import HEADER

PER_PAGE = 50


@brand_only
@require_safe
def brand_home(request: HttpRequest) -> HttpResponse:
    brand = _brand(request)
    waiting = OrderReturn.objects.filter(brand=brand, line=None).count()
    context = {"summary": brand_summary(brand, timezone.now()), "waiting_returns": waiting}
    return page(request, "shop/brand_home.html", context)


@brand_only
@require_safe
def brand_product_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    shown = Paginator(_brand(request).products.all(), PER_PAGE).get_page(request.GET.get("page"))
    rows = offers(shown, None, "", now)
    return page(request, "shop/brand_product_list.html", {"page": shown, "offers": rows, "now": now})


@brand_only
@require_http_methods(["GET", "HEAD", "POST"])
def brand_product_new(request: HttpRequest) -> HttpResponse:
    brand = _brand(request)
    form = ProductForm(request.POST or None, brand=brand)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            product = list_product(
                brand=brand,
                sku=values["sku"],
                title=values["title"],
                description=values["description"],
                url=values["url"],
                price_minor=values["price"],
                rate_bp=form.rate_bp(),
                regions=values["regions"],
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("“%(product)s” is on the marketplace.") % {"product": product})
            return redirect("brand_product_list")
    return page(request, "shop/brand_product_new.html", {"form": form}, status=422 if form.errors else 200)


@brand_only
@require_http_methods(["GET", "HEAD", "POST"])
def brand_product_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    brand, now = _brand(request), timezone.now()
    product = get_object_or_404(Product, brand=brand, public_id=public_id)
    plan = product.plans.get(kind=CommissionPlan.Kind.OPEN)
    last = plan.versions.order_by("-version").first()
    initial = ProductForm.initial_of(product, last.rate_bp if last else 0, regions_of(product, now))
    form = ProductForm(request.POST or None, brand=brand, product=product, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            change_product(
                product=product,
                title=values["title"],
                description=values["description"],
                url=values["url"],
                price_minor=values["price"],
                rate_bp=form.rate_bp(),
                regions=values["regions"],
                now=now,
            )
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("brand_product_edit", public_id=product.public_id)
    return _edit_page(request, product, form, TargetPlanForm(auto_id="target_%s"))


@brand_only
@require_POST
def brand_product_target(request: HttpRequest, public_id: str) -> HttpResponse:
    """Offer one creator an own rate."""
    brand, now = _brand(request), timezone.now()
    product = get_object_or_404(Product, brand=brand, public_id=public_id)
    form = TargetPlanForm(request.POST, auto_id="target_%s")
    if form.is_valid():
        creator = Creator.objects.filter(handle=form.cleaned_data["handle"]).first()
        if creator is None:
            form.add_error("handle", _("No creator has this handle."))
        else:
            rate_bp = int(form.cleaned_data["rate_percent"] * 100)
            try:
                offer_target_plan(product=product, creator=creator, rate_bp=rate_bp, now=now)
            except Refusal as refusal:
                form.add_error(refusal.field, str(refusal))
            else:
                messages.success(request, _("%(creator)s has an own rate now.") % {"creator": creator})
                return redirect("brand_product_edit", public_id=product.public_id)
    last = product.plans.get(kind=CommissionPlan.Kind.OPEN).versions.order_by("-version").first()
    initial = ProductForm.initial_of(product, last.rate_bp if last else 0, regions_of(product, now))
    return _edit_page(request, product, ProductForm(brand=brand, product=product, initial=initial), form)


@brand_only
@require_POST
def brand_product_delist(request: HttpRequest, public_id: str) -> HttpResponse:
    product = get_object_or_404(Product, brand=_brand(request), public_id=public_id)
    delist_product(product=product, now=timezone.now())
    messages.success(request, _("“%(product)s” is off the marketplace; its links are closed.") % {"product": product})
    return redirect("brand_product_list")


@brand_only
@require_safe
def brand_order_list(request: HttpRequest) -> HttpResponse:
    """Every reported line: which creator brought it, or why nobody did."""
    brand = _brand(request)
    # By line, not by order: one order of a wholesaler may have two hundred lines.
    lines = OrderLine.objects.filter(order__brand=brand).select_related("order", "product", "commission__creator")
    shown = Paginator(lines.order_by("-order__placed_at", "-order", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    waiting = OrderReturn.objects.filter(brand=brand, line=None)
    return page(request, "shop/brand_order_list.html", {"page": shown, "waiting": waiting[:PER_PAGE]}, part="rows")


@brand_only
@require_http_methods(["GET", "HEAD", "POST"])
def brand_top_up(request: HttpRequest) -> HttpResponse:
    """The budget; POST starts a top-up and goes to the provider's page."""
    brand = _brand(request)
    form = TopUpForm(request.POST or None, brand=brand)
    if request.method == "POST" and form.is_valid():
        try:
            amount = form.cleaned_data["amount"]
            top_up = start_top_up(brand=brand, amount_minor=amount, by=request.user, now=timezone.now())  # type: ignore[arg-type]
            return redirect(open_checkout(top_up=top_up))
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        except GatewayError:
            form.add_error(None, _("The payment provider does not answer. Nothing was charged; try again in a minute."))
    top_ups = list(brand.top_ups.all()[:PER_PAGE])
    context = {
        "form": form,
        "brand": brand,
        "prepaid_minor": prepaid_minor(brand),
        "unfunded_minor": unfunded_minor(brand),
        "top_ups": top_ups,
        "just_paid": next((top_up for top_up in top_ups if top_up.public_id == request.GET.get("paid")), None),
    }
    return page(request, "shop/brand_top_up.html", context, status=422 if form.errors else 200)


@brand_only
@require_http_methods(["GET", "HEAD", "POST"])
def brand_signing_key(request: HttpRequest) -> HttpResponse:
    """The keys order reports are signed with; POST makes a new one and shows its secret this once."""
    brand, now = _brand(request), timezone.now()
    context: dict[str, Any] = {"header": HEADER, "keys": brand.signing_keys.live(now).order_by("-made_at")}
    if request.method == "POST":
        context["key"], context["secret"] = make_signing_key(brand=brand, by=request.user, now=now)  # type: ignore[arg-type]
    answer = page(request, "shop/brand_signing_key.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _brand(request: HttpRequest) -> Brand:
    return request.brand  # type: ignore[attr-defined]


def _edit_page(request: HttpRequest, product: Product, form: ProductForm, target: TargetPlanForm) -> HttpResponse:
    now = timezone.now()
    targets = [
        (plan.creator, best_version(plan.versions.all(), now))
        for plan in product.plans.filter(kind=CommissionPlan.Kind.TARGET).select_related("creator")
    ]
    context = {
        "product": product,
        "form": form,
        "target_form": target,
        "targets": targets,
        "versions": product.plans.get(kind=CommissionPlan.Kind.OPEN).versions.order_by("-version"),
        "is_listed": product.is_listed(now),
    }
    wrong = form.errors or target.errors
    return page(request, "shop/brand_product_edit.html", context, status=422 if wrong else 200)
