"""Season windows as a creator makes them: planned, changed until they open, canceled while nobody is in."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kit.refusal import Refusal
from portal.programs.models import Program
from portal.programs.queries import require_enrollment
from subscriptions.models import Checkout, Season, Tier
from subscriptions.proration import add_months
from subscriptions.queries.tiers import current_prices

# The provider lets nobody wait for less than two days; the rest is for who pays at the last minute.
BEFORE_BILLING = timedelta(days=2, hours=2)
MOST_AHEAD = timedelta(days=366)


class SeasonNeedsTier(Refusal):
    sentence = _("Choose a tier that is on sale.")
    field = "tier"


class SeasonIsPast(Refusal):
    sentence = _("Sign-ups cannot open in the past.")
    field = "opens_on"


class SeasonClosesFirst(Refusal):
    sentence = _("Sign-ups close after they open.")
    field = "closes_on"


class BillingTooSoon(Refusal):
    sentence = _("The billing day is three days or more after the last day of sign-ups.")
    field = "billing_on"


class BillingTooLate(Refusal):
    sentence = _(
        "Whoever pays for the days until the billing day joins at most one period of %(months)s before it. Choose a nearer"
        " billing day, or let everybody start then."
    )
    field = "billing_on"


class SeasonTooFar(Refusal):
    sentence = _("A season is over within a year from now.")
    field = "billing_on"


class SeasonsOverlap(Refusal):
    sentence = _("This tier has the season “%(season)s” in that time already.")
    field = "opens_on"


class QuestionIsMissing(Refusal):
    sentence = _("Write the question that fans answer.")
    field = "question"


class OwesIsMissing(Refusal):
    sentence = _("Say what you send, so that fans know what they write it for.")
    field = "owes"


class SeasonHasOpened(Refusal):
    sentence = _("Sign-ups have opened, so its terms stay as they are.")


class SeasonHasMembers(Refusal):
    sentence = _("Somebody has joined in this season, so it stays.")


@transaction.atomic
def add_season(*, tier: Tier, now: datetime, **terms: Any) -> Season:
    """Plan a season: name, opens_at, closes_at, billing_date, first_period, places, owes, asks, question.

    One that opens in the past opens now. Each call makes one; a second one in the same time is refused.
    """
    locked = Tier.objects.select_for_update(of=("self",)).select_related("creator").get(pk=tier.pk)
    require_enrollment(creator=locked.creator, program=Program.SUBSCRIPTIONS, on=now.date(), now=now)
    season = Season(tier=locked, created_at=now, **terms)
    _require_sound(season, now)
    season.save()
    return season


@transaction.atomic
def change_season(*, season: Season, now: datetime, **terms: Any) -> Season:
    """Other terms for a season that has not opened. Safe to repeat."""
    row = _locked(season)
    if row.canceled_at is not None or row.opens_at <= now:
        raise SeasonHasOpened
    for name, value in terms.items():
        setattr(row, name, value)
    _require_sound(row, now)
    row.save()
    return row


@transaction.atomic
def cancel_season(*, season: Season, now: datetime) -> Season:
    """It will not happen; only while nobody is in it or on the way. Safe to repeat: the first time stays."""
    row = _locked(season)
    if row.taken.filter(checkout__state__in=(Checkout.State.OPEN, Checkout.State.PAID)).exists():
        raise SeasonHasMembers
    if row.canceled_at is None:
        row.canceled_at = now
        row.save(update_fields=["canceled_at"])
    return row


def set_seasons_only(*, tier: Tier, only: bool) -> Tier:
    """Whether a tier can be joined in seasons only. Members keep what they have. Safe to repeat."""
    Tier.objects.filter(pk=tier.pk).update(seasons_only=only)
    tier.seasons_only = only
    return tier


def _locked(season: Season) -> Season:
    """The row, behind its tier's: the order in which joining locks them."""
    Tier.objects.select_for_update().get(pk=season.tier_id)
    return Season.objects.select_for_update(of=("self",)).select_related("tier__creator").get(pk=season.pk)


def _require_sound(season: Season, now: datetime) -> None:
    tier = season.tier
    prices = current_prices(tier=tier, at=now)
    if not tier.is_on_sale or not prices:
        raise SeasonNeedsTier
    if season.opens_at.date() < now.date():
        raise SeasonIsPast
    if season.closes_at <= max(season.opens_at, now):
        raise SeasonClosesFirst
    if season.billing_at < season.closes_at + BEFORE_BILLING:
        raise BillingTooSoon
    if season.billing_at > now + MOST_AHEAD:
        raise SeasonTooFar
    if not season.starts_later:
        shortest = min(prices, key=lambda price: price.months)
        if season.opens_at.date() < _period_start(season.billing_date, shortest.months):
            raise BillingTooLate(months=shortest.get_interval_display())
    if season.asks == Season.Asks.NOTE and not season.question.strip():
        raise QuestionIsMissing
    if season.asks != Season.Asks.NOTHING and not season.owes.strip():
        raise OwesIsMissing
    others = Season.objects.kept().filter(tier=tier).exclude(pk=season.pk)
    other = others.filter(opens_at__lt=season.closes_at, closes_at__gt=season.opens_at).first()
    if other is not None:
        raise SeasonsOverlap(season=other.name)


def _period_start(billing: date, months: int) -> date:
    noon = datetime.combine(billing, Season.BILLED_AT)
    return add_months(noon, -months).date()
