"""What other sites show of a creator: a picture of the page."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from portal.accounts.models import Creator
from portal.kit.access import public
from portal.kit.money import format_money, to_decimal
from subscriptions.queries.tiers import TierOffer, offers
from subscriptions.share_image import ShareCard, draw

A_DAY, AN_HOUR = 24 * 3600, 3600


def structured_data(creator: Creator, offered: Iterable[TierOffer]) -> SafeString:
    """The page in the words of schema.org, for search engines: who this is, and what joining costs.

    A block of data, not a script: the content policy has nothing to say about it.
    """
    address = settings.SITE_URL + reverse("creator_page", args=[creator.handle])
    person: dict[str, Any] = {
        "@type": "Person",
        "name": creator.display_name,
        "alternateName": f"@{creator.handle}",
        "url": address,
        "image": settings.SITE_URL + reverse("share_image", args=[creator.handle]),
    }
    if creator.intro:
        person["description"] = creator.intro
    priced = [_offer(offer, address) for offer in offered]
    if priced:
        person["makesOffer"] = priced
    data = {"@context": "https://schema.org", "@type": "ProfilePage", "mainEntity": person}
    # As Django's own json_script does: no letter in it can end the element.
    words = json.dumps(data, ensure_ascii=False).translate({ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&"})
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(words))


def _offer(offer: TierOffer, address: str) -> dict[str, Any]:
    price = offer.price
    return {
        "@type": "Offer",
        "name": offer.tier.name,
        "url": f"{address}#tiers",
        "price": str(to_decimal(price.amount_minor, price.currency)),
        "priceCurrency": price.currency.upper(),
        "availability": f"https://schema.org/{'SoldOut' if offer.is_full or (offer.window and offer.window.is_closed) else 'InStock'}",
    }


@public
@require_safe
def share_image(request: HttpRequest, handle: str) -> HttpResponse:
    """A creator's card as a PNG; drawn once for each state of name, words, color and prices."""
    creator = get_object_or_404(Creator, handle=handle)
    # One picture for everybody: not in the language of who happened to ask first.
    with translation.override(settings.LANGUAGE_CODE):
        tiers = [
            f"{offer.tier} {format_money(offer.price.amount_minor, offer.price.currency)}"
            for offer in offers(creator=creator, at=timezone.now())
        ]
    card = ShareCard(
        creator.display_name, creator.handle, creator.intro, creator.accent, tuple(tiers), settings.SITE_NAME
    )
    tag = hashlib.sha256(repr(card).encode()).hexdigest()[:32]
    headers = {"ETag": f'"{tag}"', "Cache-Control": f"public, max-age={AN_HOUR}"}
    if f'"{tag}"' in request.headers.get("If-None-Match", ""):
        return HttpResponseNotModified(headers=headers)
    picture = cache.get_or_set(f"share-image:{tag}", lambda: draw(card), A_DAY)
    return HttpResponse(picture, content_type="image/png", headers=headers)
