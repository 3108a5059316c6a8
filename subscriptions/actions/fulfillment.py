"""A season's list of what is owed: told when sign-ups open and close, locked once, ticked off line by line."""

from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as __

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.kit.words import day_lazy, money_lazy
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from subscriptions.models import Checkout, Dispatch, Fulfillment, OpeningRequest, Place, Season
from subscriptions.queries.cohorts import places_to_lock, places_unsettled


class NotYourSeason(Refusal):
    sentence = __("Only the creator can do this.")
    status = 403


class SentInFuture(Refusal):
    sentence = __("This day has not come yet.")
    field = "sent_on"


@transaction.atomic
def tell_opening(*, request: OpeningRequest, now: datetime) -> OpeningRequest:
    """Sign-ups are open: who asked to be told is told. Safe to repeat: once a request."""
    row = (
        OpeningRequest.objects.select_for_update(of=("self",)).select_related("tier__creator", "fan").get(pk=request.pk)
    )
    season = Season.objects.open(now).filter(tier=row.tier).first()
    if row.told_at is not None or row.dropped_at is not None or season is None:
        return row
    row.told_at, row.season = now, season
    row.save(update_fields=["told_at", "season"])
    creator = row.tier.creator
    tell(
        to=row.fan,
        kind="subscriptions.season_open",
        subject=_("Sign-ups for %(tier)s of %(creator)s are open")
        % {"tier": row.tier, "creator": creator.display_name},
        body=_("“%(season)s”: you can join until %(day)s.")
        % {"season": season.name, "day": day_lazy(season.closes_at)},
        url=reverse("creator_page", args=[creator.handle]),
        now=now,
        key=f"season-open:{row.pk}",
    )
    return row


@transaction.atomic
def close_season(*, season: Season, now: datetime) -> Season:
    """Sign-ups are over: the creator hears how many joined, and who has not said where to is asked. Once a season."""
    row = _locked(season)
    if row.closed_told_at is not None or row.canceled_at is not None or now < row.closes_at:
        return row
    row.closed_told_at = now
    row.save(update_fields=["closed_told_at"])
    joined = list(row.taken.filter(checkout__state=Checkout.State.PAID).select_related("fan", "season"))
    tell(
        to=row.tier.creator.user,
        kind="subscriptions.season_closed",
        subject=_("Sign-ups for “%(season)s” are over: %(count)s joined") % {"season": row.name, "count": len(joined)},
        body=_("The list of what you owe is locked as soon as every first payment is settled."),
        url=reverse("season_detail", args=[row.public_id]),
        now=now,
        key=f"season-closed:{row.public_id}",
    )
    for place in joined:
        if not place.is_complete:
            _ask(place, row, now)
    return row


def _ask(place: Place, season: Season, now: datetime) -> None:
    tell(
        to=place.fan,
        kind="subscriptions.season_address",
        subject=_("%(creator)s needs something from you for “%(season)s”")
        % {"creator": season.tier.creator.display_name, "season": season.name},
        body=_("So that this reaches you: %(owes)s. It takes a minute.") % {"owes": season.owes},
        url=reverse("place_detail", args=[place.public_id]),
        now=now,
        key=f"season-address:{place.public_id}",
    )


@transaction.atomic
def announce_billing(*, place: Place, now: datetime) -> None:
    """Three days before the billing day: what will be charged, and when. Safe to repeat: once a place."""
    season, price = place.season, place.checkout.price
    tell(
        to=place.fan,
        kind="subscriptions.renewal_soon",
        subject=_("“%(season)s”: %(amount)s on %(day)s")
        % {
            "season": season.name,
            "amount": money_lazy(price.amount_minor, price.currency),
            "day": day_lazy(season.billing_at),
        },
        body=_("That is the billing day of everybody who joined in this season. You can leave before it."),
        url=reverse("membership_list"),
        now=now,
        key=f"season-billing:{place.checkout.public_id}",
    )


@transaction.atomic
def lock_season(*, season: Season, now: datetime) -> Season:
    """Fix the list of what is owed: a line for everybody who has paid, as it stands now. Lines are never rewritten.

    Due when sign-ups are over and every first payment is settled, three days after the billing day at the latest. Safe
    to repeat; who pays after that gets a line marked as late.
    """
    row = _locked(season)
    if row.canceled_at is not None or now < row.closes_at:
        return row
    first = row.locked_at is None
    if first and now < row.billing_at + Season.LOCKED_AFTER and places_unsettled(season=row).exists():
        return row
    made = [
        Fulfillment.objects.create(
            season=row,
            place=place,
            name=place.name or place.fan.name,
            address=place.address,
            note=place.note,
            tier_name=row.tier.name,
            owes=row.owes,
            since_at=place.taken_at,
            paid_minor=paid.paid_minor - paid.back_minor,
            currency=paid.currency,
            locked_at=now,
            is_late=not first,
        )
        for place, paid in places_to_lock(season=row)
    ]
    if first:
        row.locked_at = now
        row.save(update_fields=["locked_at"])
        _tell_locked(row, len(made), now)
    return row


def _tell_locked(season: Season, count: int, now: datetime) -> None:
    tell(
        to=season.tier.creator.user,
        kind="subscriptions.season_locked",
        subject=_("The list of “%(season)s” is locked: %(count)s") % {"season": season.name, "count": count},
        body=_("It will not change any more. What happens later (a refund, somebody leaves) stands beside it."),
        url=reverse("season_detail", args=[season.public_id]),
        now=now,
        key=f"season-locked:{season.public_id}",
    )


@transaction.atomic
def record_sent(*, fulfillment: Fulfillment, by: User, sent_on: date, now: datetime, note: str = "") -> Dispatch:
    """What is owed is on its way; the fan is told. Safe to repeat: one dispatch a line, the first one stays."""
    row = _own_line(fulfillment, by)
    if sent_on > now.date():
        raise SentInFuture
    known = row.dispatches.filter(undone_at__isnull=True).first()
    if known is not None:
        return known
    sent = row.dispatches.create(sent_date=sent_on, note=note.strip(), recorded_at=now, recorded_by=by)
    season = row.season
    tell(
        to=row.place.fan,
        kind="subscriptions.season_sent",
        subject=_("%(creator)s has sent you what you have from “%(season)s”")
        % {"creator": season.tier.creator.display_name, "season": season.name},
        body=_("%(owes)s %(note)s") % {"owes": row.owes, "note": sent.note},
        url=reverse("place_detail", args=[row.place.public_id]),
        now=now,
        key=f"season-sent:{sent.pk}",
    )
    return sent


@transaction.atomic
def undo_sent(*, fulfillment: Fulfillment, by: User, now: datetime) -> Fulfillment:
    """It was said by mistake; the row stays, with who took it back. Safe to repeat."""
    row = _own_line(fulfillment, by)
    row.dispatches.filter(undone_at__isnull=True).update(undone_at=now, undone_by=by)
    return row


def _own_line(fulfillment: Fulfillment, by: User) -> Fulfillment:
    people = ("season__tier__creator", "place__fan")
    row = Fulfillment.objects.select_for_update(of=("self",)).select_related(*people).get(pk=fulfillment.pk)
    if row.season.tier.creator.user_id != by.pk:
        raise NotYourSeason
    return row


def _locked(season: Season) -> Season:
    rows = Season.objects.select_for_update(of=("self",)).select_related("tier__creator__user")
    return rows.get(pk=season.pk)
