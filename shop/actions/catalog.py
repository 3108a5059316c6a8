"""Deeds of a brand: listing products, opening regions, changing rates, keys."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import translation

from portal.accounts.models import Creator, User
from portal.kit.money import FULL_RATE_BP, is_currency
from portal.kit.refusal import Refusal
from portal.kit.regions import is_country
from portal.kit.words import day_lazy
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from shop.clickstream import tell_links_changed
from shop.models import (
    Brand,
    BrandMember,
    CommissionPlan,
    Link,
    PlanVersion,
    Product,
    RegionListing,
    ShopTerms,
    SigningKey,
)
from shop.models.catalog import MAX_RATE_BP, MIN_RATE_BP
from shop.signing import secret_of

# A replaced key still works for a day, so that a shop can change over without losing a report.
OLD_KEY_LASTS = timedelta(days=1)


class RateOutOfRange(Refusal):
    sentence = _("A commission is between 1 and 80 percent.")
    status = 422
    field = "rate_percent"


class SkuTaken(Refusal):
    sentence = _("You already list a product with the SKU %(sku)s.")
    field = "sku"


class UnknownRegion(Refusal):
    sentence = _("%(region)s is not a region of this portal.")
    status = 422
    field = "regions"


class CurrencyUnknown(Refusal):
    sentence = _("%(currency)s is not a currency.")
    status = 422


class ChangeIsComing(Refusal):
    sentence = _("A change to %(rate)s%% is already announced for %(day)s. Wait for it, or raise the rate.")
    field = "rate_percent"


@transaction.atomic
def open_brand(*, name: str, slug: str, currency: str, members: Iterable[User], now: datetime) -> Brand:
    """Take in a brand and the people who work for it. Repeating by slug gives the brand and adds missing members."""
    if not is_currency(currency):
        raise CurrencyUnknown(currency=currency)
    brand, _new = Brand.objects.get_or_create(slug=slug, defaults={"name": name, "currency": currency, "since_at": now})
    for user in members:
        BrandMember.objects.get_or_create(brand=brand, user=user, defaults={"joined_at": now})
    return brand


@transaction.atomic
def list_product(
    *,
    brand: Brand,
    sku: str,
    title: str,
    price_minor: int,
    rate_bp: int,
    regions: Iterable[str],
    now: datetime,
    description: str = "",
    url: str = "",
) -> Product:
    """Put a new product on the marketplace with its open plan. A SKU of the brand is taken once (SkuTaken)."""
    _check_rate(rate_bp)
    Brand.objects.select_for_update().get(pk=brand.pk)
    if Product.objects.filter(brand=brand, sku=sku).exists():
        raise SkuTaken(sku=sku)
    product = Product.objects.create(
        brand=brand,
        sku=sku,
        title=title,
        description=description,
        url=url,
        price_minor=price_minor,
        currency=brand.currency,
        listed_at=now,
    )
    plan = CommissionPlan.objects.create(product=product)
    PlanVersion.objects.create(plan=plan, version=1, rate_bp=rate_bp, announced_at=now, valid_from=now)
    open_regions(product=product, regions=regions, now=now)
    return product


@transaction.atomic
def change_product(
    *,
    product: Product,
    title: str,
    price_minor: int,
    rate_bp: int,
    regions: Iterable[str],
    now: datetime,
    description: str = "",
    url: str = "",
) -> Product:
    """Change what is shown, the open rate (by the rules of `change_rate`) and the regions. Repeating is harmless."""
    product = Product.objects.select_for_update().get(pk=product.pk)
    product.title, product.description, product.url, product.price_minor = title, description, url, price_minor
    product.save(update_fields=["title", "description", "url", "price_minor"])
    transaction.on_commit(tell_links_changed, robust=True)
    change_rate(plan=product.plans.get(kind=CommissionPlan.Kind.OPEN), rate_bp=rate_bp, now=now)
    open_regions(product=product, regions=regions, now=now)
    return product


@transaction.atomic
def open_regions(*, product: Product, regions: Iterable[str], now: datetime) -> list[str]:
    """Make exactly these regions the open ones: new ones open now, missing ones close now. Repeating is harmless."""
    wanted = set(regions)
    for region in sorted(wanted):
        if not is_country(region):
            raise UnknownRegion(region=region)
    Product.objects.select_for_update().get(pk=product.pk)
    live = RegionListing.objects.filter(product=product, closed_at=None)
    live.exclude(region__in=wanted).update(closed_at=now)
    known = set(live.filter(region__in=wanted).values_list("region", flat=True))
    RegionListing.objects.bulk_create(
        RegionListing(product=product, region=region, opened_at=now) for region in sorted(wanted - known)
    )
    return sorted(wanted)


@transaction.atomic
def delist_product(*, product: Product, now: datetime) -> Product:
    """Take a product off the marketplace: its links close, and with them their locks. Repeating keeps the first time."""
    product = Product.objects.select_for_update().get(pk=product.pk)
    if product.delisted_at is None:
        product.delisted_at = now
        product.save(update_fields=["delisted_at"])
        Link.objects.filter(product=product, closed_at=None).update(closed_at=now)
        transaction.on_commit(tell_links_changed, robust=True)
    return product


@transaction.atomic
def change_rate(*, plan: CommissionPlan, rate_bp: int, now: datetime) -> PlanVersion:
    """Publish a new rate: a raise counts at once, a cut after the days of notice, and creators with links are told.

    Links keep the rate of their receipt until their lock ends. Repeating the rate that was published last changes
    nothing. The newest version that has begun counts, so a raise also takes back a cut that was only announced. While a cut is announced only a raise above today's rate may replace it.
    """
    _check_rate(rate_bp)
    plan = CommissionPlan.objects.select_for_update(of=("self",)).select_related("product__brand").get(pk=plan.pk)
    last = plan.versions.order_by("-version").first()
    if last is None:
        return PlanVersion.objects.create(plan=plan, version=1, rate_bp=rate_bp, announced_at=now, valid_from=now)
    if last.rate_bp == rate_bp:
        return last
    current = plan.versions.begun(now).first() or last
    is_cut = rate_bp < current.rate_bp
    if is_cut and last.valid_from > now:
        raise ChangeIsComing(rate=f"{last.rate_bp / 100:g}", day=day_lazy(last.valid_from))
    terms = ShopTerms.objects.in_force(now)[:1].get()
    begins = now + timedelta(days=terms.notice_days) if is_cut else now
    made = PlanVersion.objects.create(
        plan=plan, version=last.version + 1, rate_bp=rate_bp, announced_at=now, valid_from=begins
    )
    _tell_of_rate(plan, made, is_cut, now)
    return made


@transaction.atomic
def offer_target_plan(*, product: Product, creator: Creator, rate_bp: int, now: datetime) -> PlanVersion:
    """Offer one creator an own rate. Repeating with another rate changes it by the rules of `change_rate`."""
    _check_rate(rate_bp)
    plan, _new = CommissionPlan.objects.get_or_create(product=product, kind=CommissionPlan.Kind.TARGET, creator=creator)
    return change_rate(plan=plan, rate_bp=rate_bp, now=now)


@transaction.atomic
def make_signing_key(*, brand: Brand, by: User | None, now: datetime) -> tuple[SigningKey, str]:
    """A new key for order reports and its secret, which is never shown again. The key before it works a day more."""
    Brand.objects.select_for_update().get(pk=brand.pk)
    SigningKey.objects.filter(brand=brand, ends_at=None).update(ends_at=now + OLD_KEY_LASTS)
    key = SigningKey.objects.create(brand=brand, made_at=now, made_by=by)
    return key, secret_of(key)


def _check_rate(rate_bp: int) -> None:
    if not MIN_RATE_BP <= rate_bp <= min(MAX_RATE_BP, FULL_RATE_BP):
        raise RateOutOfRange


def _tell_of_rate(plan: CommissionPlan, version: PlanVersion, is_cut: bool, now: datetime) -> None:
    links = Link.objects.live(now).filter(product=plan.product).select_related("creator__user")
    if plan.creator_id is not None:
        links = links.filter(creator_id=plan.creator_id)
    values = {
        "product": plan.product.title,
        "rate": f"{version.rate_bp / 100:g}",
        "day": day_lazy(version.valid_from),
    }
    for link in links:
        with translation.override(link.creator.user.language):
            body = (
                _("From %(day)s new links to it get %(rate)s%%. Your link keeps its rate until %(lock)s.")
                if is_cut
                else _("Your link to it earns %(rate)s%% from now on.")
            )
            tell(
                to=link.creator.user,
                kind="shop.rate_changed",
                subject=_("The commission on %(product)s changes") % values,
                body=body % (values | {"lock": day_lazy(link.locked_until)}),
                url=reverse("showcase"),
                now=now,
                key=f"rate:{version.pk}:{link.pk}",
            )
