"""The marketplace and the public shop page of a creator."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.access import creator_of, creator_only
from portal.accounts.models import Creator
from portal.kit.access import public, signed_in
from portal.kit.page import page
from portal.kit.refusal import Refusal
from portal.programs.models import Program
from portal.programs.queries import standing
from shop.actions.links import add_to_showcase, create_link, remove_from_showcase
from shop.models import Link, Product
from shop.queries.catalog import offers, terms_at

PER_PAGE = 24


@signed_in
@require_safe
def marketplace(request: HttpRequest) -> HttpResponse:
    """Products with their commission. What is not open in the creator's region is shown too, with the reason."""
    now = timezone.now()
    creator = creator_of(request)
    region = creator.region if creator else request.user.country  # type: ignore[union-attr]
    products = Product.objects.listed(now).select_related("brand")
    words = request.GET.get("q", "").strip()[:80]
    if words:
        products = products.filter(title__icontains=words)
    shown = Paginator(products.order_by("title", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "offers": offers(shown, creator, region, now),
        "words": words,
        "region": region,
        "standing": standing(creator=creator, program=Program.SHOP, on=now.date(), now=now) if creator else None,
    }
    return page(request, "shop/marketplace.html", context, part="results")


@public
@require_safe
def product_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    now = timezone.now()
    product = get_object_or_404(Product.objects.select_related("brand"), public_id=public_id)
    creator = creator_of(request)
    context = {
        "product": product,
        "is_listed": product.is_listed(now),
        "creator": creator,
        "offer": offers([product], creator, creator.region if creator else "", now)[0],
        "terms": terms_at(now),
    }
    if creator:
        context["link"] = Link.objects.live(now).filter(creator=creator, product=product).first()
        context["is_shown"] = creator.showcase_items.filter(product=product, removed_at=None).exists()
        context["standing"] = standing(creator=creator, program=Program.SHOP, on=now.date(), now=now)
    return page(request, "shop/product_detail.html", context)


@creator_only
@require_POST
def product_link(request: HttpRequest, public_id: str) -> HttpResponse:
    """POST makes the creator's link; with show it also goes on the shop page, with hide it leaves the page."""
    product = get_object_or_404(Product, public_id=public_id)
    creator: Creator = request.creator  # type: ignore[attr-defined]
    now = timezone.now()
    try:
        if "hide" in request.POST:
            remove_from_showcase(creator=creator, product=product, now=now)
        elif "show" in request.POST:
            add_to_showcase(creator=creator, product=product, now=now)
            messages.success(request, _("“%(product)s” is on your shop page.") % {"product": product})
        else:
            create_link(creator=creator, product=product, now=now)
            messages.success(request, _("Your link is ready. Its rate is written on the receipt below."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(product)


@public
@require_safe
def creator_showcase(request: HttpRequest, handle: str) -> HttpResponse:
    """What a creator recommends, for everybody; each product with the creator's own link."""
    creator = get_object_or_404(Creator, handle=handle)
    now = timezone.now()
    links = (
        Link.objects.live(now)
        .filter(
            creator=creator,
            product__in=Product.objects.listed(now),
            product__showcase_items__creator=creator,
            product__showcase_items__removed_at=None,
        )
        .select_related("product__brand")
        .order_by("-product__showcase_items__added_at")
        .distinct()
    )
    return page(request, "shop/creator_showcase.html", {"creator": creator, "links": links})
