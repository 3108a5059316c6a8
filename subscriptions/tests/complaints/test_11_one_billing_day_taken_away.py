"""Complaint 11: who ships once a month lost the one day on which everybody had paid, and the list that was complete."""

from datetime import date, datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.sandbox.engine import Sandbox
from subscriptions.actions.memberships import cancel_membership
from subscriptions.actions.places import fill_place
from subscriptions.actions.seasons import set_seasons_only
from subscriptions.models import Fulfillment, Invoice, Place, Season, Tier
from subscriptions.queries.seasons import SignUpsAreClosed
from subscriptions.tests.conftest import Join
from subscriptions.tests.seasons.conftest import BILLING, LAST_MOMENT, Live, MakeSeason, live, make_season

__all__ = ["live", "make_season"]
pytestmark = pytest.mark.usefixtures("books_proved")


def test_a_cohort_is_charged_on_one_day_and_its_list_is_complete(
    box: Sandbox, sam: User, lee: User, staff: User, gold: Tier, make_season: MakeSeason, join: Join, live: Live
) -> None:
    set_seasons_only(tier=gold, only=True)
    season = make_season(gold, owes="A parcel with a print", asks=Season.Asks.ADDRESS)
    for days, fan in enumerate((sam, lee)):
        moment = box.today() + timedelta(days=days)
        box.advance_to(moment)
        join(fan, gold, now=moment)
        fill_place(place=Place.objects.get(fan=fan), by=fan, name=fan.name, address=f"{fan.name} Street 1", now=moment)
    live(LAST_MOMENT + timedelta(minutes=1))
    with pytest.raises(SignUpsAreClosed):
        join(staff, gold, now=LAST_MOMENT + timedelta(minutes=1))
    # The list holds everybody who has paid, with where it goes; a later departure changes nothing on it.
    listed = [("Sam", "Sam Street 1", 516), ("Lee", "Lee Street 1", 484)]
    assert list(Fulfillment.objects.values_list("name", "address", "paid_minor")) == listed
    cancel_membership(membership=Place.objects.get(fan=lee).fan.memberships.get(), by=lee, now=box.today())
    live(BILLING + timedelta(hours=2))
    assert list(Fulfillment.objects.values_list("name", "address", "paid_minor")) == listed
    # Whoever stays is charged on the one day, and on the same day each month.
    live(datetime.combine(date(2026, 7, 1), BILLING.timetz()))
    charged = Invoice.objects.filter(gross_minor=1_000).values_list("membership__fan__name", "period_start_at")
    assert sorted(charged) == [("Sam", BILLING), ("Sam", BILLING.replace(month=6, day=30))]
    assert season.billing_at == BILLING
