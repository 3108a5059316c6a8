"""Deeds around links: showcase, links with their receipt, clicks."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.refusal import Refusal
from portal.kit.regions import country_name
from portal.programs.models import Program
from portal.programs.queries import is_enrolled
from shop import clickstream
from shop.models import Click, Link, PlanVersion, Product, ShopTerms, ShowcaseItem
from shop.queries.catalog import is_open_in, offer_at, terms_at


class ShopNotJoined(Refusal):
    sentence = _("Join the shop program first: from then on your links earn.")
    status = 403


class ProductNotOpen(Refusal):
    sentence = _("%(product)s is not open to creators in %(region)s.")


class ProductNotListed(Refusal):
    sentence = _("%(product)s is no longer on the marketplace.")


class NoCommission(Refusal):
    sentence = _("%(product)s pays no commission yet.")


@transaction.atomic
def add_to_showcase(*, creator: Creator, product: Product, now: datetime) -> ShowcaseItem:
    """Show a product on the creator's shop page, with a link of its own. Repeating gives the item that is there."""
    create_link(creator=creator, product=product, now=now)
    item, _new = ShowcaseItem.objects.get_or_create(
        creator=creator, product=product, removed_at=None, defaults={"added_at": now}
    )
    return item


@transaction.atomic
def remove_from_showcase(*, creator: Creator, product: Product, now: datetime) -> None:
    """Take a product off the shop page. The link lives on and still earns. Repeating is harmless."""
    ShowcaseItem.objects.filter(creator=creator, product=product, removed_at=None).update(removed_at=now)


@transaction.atomic
def create_link(*, creator: Creator, product: Product, now: datetime) -> Link:
    """A link with its receipt: rate, plan version, window and lock are frozen here.

    Repeating by creator and product gives the live link with its old receipt. Refuses with a sentence when the creator
    is not part of the shop program, or the product is not listed, not open in the creator's region, or pays nothing.
    """
    Creator.objects.select_for_update().get(pk=creator.pk)
    version, terms = _refuse_unless_open(creator, product, now)
    known = Link.objects.live(now).filter(creator=creator, product=product).first()
    if known is not None:
        return known
    transaction.on_commit(clickstream.tell_links_changed, robust=True)
    return Link.objects.create(
        creator=creator,
        product=product,
        plan_version=version,
        terms=terms,
        rate_bp=version.rate_bp,
        window_days=terms.click_window_days,
        locked_until=now + timedelta(days=terms.lock_days),
        created_at=now,
    )


def record_click(
    *, link: Link, visitor: str, now: datetime, region: str = "", referrer: str = "", flag: str = ""
) -> Click:
    """Write one click down. Every call is a click of its own; the row is committed when this returns."""
    return Click.objects.create(link=link, visitor=visitor, at=now, region=region, referrer=referrer, flag=flag)


def drain_clicks(*, entries: int = 500) -> int:
    """Move clicks from the stream into the database; returns how many. Call it outside any transaction.

    1. Read entries. 2. Write their clicks in bulk; the token keeps a repeated one out. 3. Only then delete the entries.
    So a crash, or two at once, loses nothing and doubles nothing. Without a Redis there is nothing to do.
    """
    redis = clickstream.connection()
    moved = 0
    while redis is not None and (read := clickstream.waiting(redis, entries=entries)):
        clicks = [click for _id, fields in read for click in clickstream.unpack(fields[clickstream.FIELD])]
        Click.objects.bulk_create(clicks, ignore_conflicts=True, batch_size=2_000)
        redis.xdel(clickstream.STREAM, *[entry_id for entry_id, _fields in read])
        moved += len(clicks)
    return moved


def drain_if_unknown(*, tokens: Iterable[str]) -> None:
    """An order may come seconds after its click: fetch what is still on the way, so that the click is found."""
    wanted = {token for token in tokens if token}
    if settings.REDIS_URL and wanted and Click.objects.filter(token__in=wanted).count() < len(wanted):
        drain_clicks()


def _refuse_unless_open(creator: Creator, product: Product, now: datetime) -> tuple[PlanVersion, ShopTerms]:
    if not is_enrolled(creator=creator, program=Program.SHOP, on=now.date(), now=now):
        raise ShopNotJoined
    if not product.is_listed(now):
        raise ProductNotListed(product=product.title)
    if not is_open_in(product, creator.region, now):
        raise ProductNotOpen(product=product.title, region=country_name(creator.region))
    version = offer_at(product, creator, now)
    if version is None:
        raise NoCommission(product=product.title)
    return version, terms_at(now)
