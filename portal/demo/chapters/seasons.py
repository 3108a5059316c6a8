"""A season of Mika's kitchen: sign-ups for some days, one billing day, a spice mix by mail, and the next one planned."""

from datetime import timedelta

from portal.accounts.models import Creator, User
from portal.demo.clock import Clock
from subscriptions import tasks
from subscriptions.actions.fulfillment import record_sent
from subscriptions.actions.places import fill_place
from subscriptions.actions.seasons import add_season
from subscriptions.models import Fulfillment, Place, Season, Tier

OWES = "A spice mix by mail"
HOMES = {
    "Sam": ("Sam Lowell", "14 Harbor Street\nPortland, ME 04101\nUSA"),
    "Dara": ("Dara Okafor", "220 Elm Avenue, Apt 5\nOakland, CA 94609\nUSA"),
}


def open_kitchen(clock: Clock, kitchen: Tier) -> Season:
    """Whoever joins the second tier in these days is in the season."""
    season = add_season(
        tier=kitchen,
        name="Spice mix No. 1",
        opens_at=clock.now,
        closes_at=clock.now + timedelta(days=4),
        billing_date=(clock.now + timedelta(days=9)).date(),
        places=40,
        owes=OWES,
        asks=Season.Asks.ADDRESS,
        now=clock.now,
    )
    clock.nightly.append(lambda now: tasks.follow_seasons())
    return season


def say_where(clock: Clock, people: dict[str, User]) -> int:
    """Two of them write where it goes; how many are in it."""
    for name, (on_parcel, address) in HOMES.items():
        place = Place.objects.get(fan=people[name])
        fill_place(place=place, by=people[name], name=on_parcel, address=address, now=clock.now)
    return Place.objects.count()


def send_and_plan(clock: Clock, mika: Creator) -> None:
    """The first parcel is on its way; the next season is announced."""
    line = Fulfillment.objects.get(place__fan__name="Sam")
    record_sent(fulfillment=line, by=mika.user, sent_on=clock.now.date(), note="USPS 9400 1000 0000", now=clock.now)
    opens = clock.now + timedelta(days=12)
    add_season(
        tier=Tier.objects.get(creator=mika, rank=2),
        name="Spice mix No. 2",
        opens_at=opens,
        closes_at=opens + timedelta(days=6),
        billing_date=(opens + timedelta(days=12)).date(),
        first_period=Season.FirstPeriod.LATER,
        owes=OWES,
        asks=Season.Asks.ADDRESS,
        now=clock.now,
    )
