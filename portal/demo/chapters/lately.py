"""What happened in the last days, so that the portal is in the middle of things when somebody looks."""

from datetime import datetime, timedelta

from portal.accounts.models import Creator, User
from portal.demo.chapters import care, clips, offers, pools, posts, seasons
from portal.demo.chapters.fans import GOOD, agree_to_join
from portal.demo.clock import Clock
from portal.sandbox.engine import box
from shop.actions import links
from shop.models import Link
from subscriptions.actions.pauses import pause_membership
from subscriptions.actions.posts import write_post
from subscriptions.actions.price_changes import announce_price_change
from subscriptions.actions.quotes import quote_pause
from subscriptions.actions.tiers import set_prices
from subscriptions.models import Membership, Post, Tier

NEWS = (
    (
        "Stock from what you throw away",
        "Peel, skin, stems: a pot, water, an evening.",
        (
            "Keep a bag in the freezer. When it is full, cover it with **cold** water and leave it for four hours, "
            "never boiling. :chili: only if you know who is eating."
        ),
        Post.Audience.MEMBERS,
    ),
    (
        "Knives: one is enough",
        "Which one, and how to keep it.",
        "A cook's knife of twenty centimeters. A stone, ten minutes a month, and never the dishwasher.",
        Post.Audience.PUBLIC,
    ),
)
# fan, rank of the tier, code, days before the end; the first tier has a free trial by now
NEWCOMERS = (("Ivo", 1, "", 9), ("Gus", 2, "SPRING", 3))
VIEWS_NEED_DAY = 22


def happen(clock: Clock, until: datetime, creators: dict[str, Creator], people: dict[str, User]) -> None:
    """Posts, two new members, a few clicks, and this month's views as far as the month has come."""
    mika = creators["mika"]
    for name, rank, code, days in NEWCOMERS:
        _move(clock, until - timedelta(days=days))
        tier = Tier.objects.get(creator=mika, rank=rank)
        checkout = agree_to_join(people[name], tier, clock.now, code)
        box().complete_checkout(checkout.stripe_session_id, card=GOOD, email=people[name].email)
        clock.bring_events()
    _move(clock, until - timedelta(days=2))
    _ask_more(clock, mika)
    rest = quote_pause(membership=Membership.objects.get(fan=people["Dara"], creator=mika), months=2, now=clock.now)
    pause_membership(quote=rest, signature=rest.signature, by=people["Dara"], now=clock.now)
    offers.be_kind(clock, mika, people)
    pools.open_more(clock, mika, people)
    seasons.send_and_plan(clock, mika)
    care.set_share(clock, mika, people["Robin"])
    care.look_after(clock, mika, creators, people)
    for title, teaser, body, audience in NEWS:
        write_post(creator=mika, title=title, teaser=teaser, body=body, audience=audience, publish=True, now=clock.now)
        _move(clock, clock.now + timedelta(hours=5))
    posts.publish(clock, mika, people)
    for number, link in enumerate(Link.objects.live(clock.now).order_by("pk")):
        for visitor in range(3 + number % 5):
            links.record_click(link=link, visitor=f"late{number}-{visitor}", now=clock.now, region="US")
    _move(clock, until - timedelta(hours=6))
    if clock.now.day >= VIEWS_NEED_DAY:
        # The excerpt's days end on the 21st; earlier in a month its views have not happened yet.
        clips.watch(clock, creators, clock.now.date().replace(day=1))
        clips.rate(clock, clock.now.date() - timedelta(days=1))


def _ask_more(clock: Clock, mika: Creator) -> None:
    """The counter costs more for new members now, and for the others in a month; each of them is told."""
    counter = Tier.objects.get(creator=mika, rank=3)
    set_prices(tier=counter, amounts={"month": 2_799}, now=clock.now)
    price = counter.prices.for_all().get(interval="month", version=2)
    announce_price_change(price=price, effective_at=clock.now + timedelta(days=30), by=mika.user, now=clock.now)


def _move(clock: Clock, moment: datetime) -> None:
    if moment > clock.now:
        clock.move_to(moment)
