"""A fan's place in a season: taken with the checkout; what the creator needs is written on it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from subscriptions.models import Checkout, OpeningRequest, Place, Season, Tier
from subscriptions.queries.places import places_left
from subscriptions.queries.seasons import SeasonIsFull, requests_open


class NotYourPlace(Refusal):
    sentence = _("Only the member can do this.")
    status = 403


class NothingIsAsked(Refusal):
    sentence = _("Nothing is needed from you for this season.")


class AddressIsMissing(Refusal):
    sentence = _("Write name, street, town and country, as they stand on a parcel.")
    field = "address"


class NoteIsMissing(Refusal):
    sentence = _("The creator needs your words for what you get.")
    field = "note"


class AlreadySent(Refusal):
    sentence = _("It is on its way already, to what you had written.")


class NothingToWaitFor(Refusal):
    sentence = _("This tier can be joined right now.")


@transaction.atomic
def take_place(*, season: Season, checkout: Checkout, now: datetime) -> Place:
    """Hold a place for an attempt to join; the tier's row is locked already. One place a fan and season: a new attempt
    takes over the old one's, and what was written on it stays. Raises SeasonIsFull.
    """
    if places_left(season=season, but_for=checkout.fan_id) == 0:
        raise SeasonIsFull
    place, is_new = Place.objects.get_or_create(
        season=season, fan=checkout.fan, defaults={"checkout": checkout, "taken_at": now}
    )
    if not is_new:
        place.checkout, place.taken_at = checkout, now
        place.save(update_fields=["checkout", "taken_at"])
    return place


@transaction.atomic
def fill_place(*, place: Place, by: User, now: datetime, name: str = "", address: str = "", note: str = "") -> Place:
    """Write down where to, or what, the creator needs. May be changed until it was sent; a locked list keeps what stood
    there, and shows this beside it. Safe to repeat: the last words count.
    """
    row = Place.objects.select_for_update(of=("self",)).select_related("season").get(pk=place.pk)
    if row.fan_id != by.pk:
        raise NotYourPlace
    asks = row.season.asks
    if asks == Season.Asks.NOTHING:
        raise NothingIsAsked
    if asks == Season.Asks.ADDRESS and not (name.strip() and address.strip()):
        raise AddressIsMissing
    if asks == Season.Asks.NOTE and not note.strip():
        raise NoteIsMissing
    if row.sent is not None:
        raise AlreadySent
    is_address = asks == Season.Asks.ADDRESS
    wanted = (name.strip(), address.strip(), "") if is_address else ("", "", note.strip())
    if wanted != (row.name, row.address, row.note):
        (row.name, row.address, row.note), row.changed_at = wanted, now
        row.save(update_fields=["name", "address", "note", "changed_at"])
    return row


@transaction.atomic
def ask_for_opening(*, tier: Tier, fan: User, now: datetime) -> OpeningRequest:
    """Be told, once, when sign-ups open. Safe to repeat: one open request a tier and person."""
    if Season.objects.open(now).filter(tier=tier).exists() or not tier.is_on_sale:
        raise NothingToWaitFor
    return requests_open().get_or_create(tier=tier, fan=fan, defaults={"asked_at": now})[0]


@transaction.atomic
def drop_opening_request(*, tier: Tier, fan: User, now: datetime) -> int:
    """Not be told after all; how many requests ended. Safe to repeat."""
    return requests_open().filter(tier=tier, fan=fan).update(dropped_at=now)
