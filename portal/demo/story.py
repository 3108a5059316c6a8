"""A month in the life of the portal, told with the real actions. The same day tells the same story."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from portal.accounts.models import Creator, User
from portal.demo.chapters import (
    benefits,
    cast,
    clips,
    fans,
    gifts,
    lately,
    learning,
    offers,
    payday,
    pools,
    sales,
    seasons,
)
from portal.demo.clock import Clock
from portal.jobs.models import JobState
from portal.kit.refusal import Refusal
from portal.ledger.actions import prove_books
from portal.payouts.models import Payout, PayoutRun, PayoutSkip
from shop.actions.commissions import release_commissions
from subscriptions.models import Membership
from subscriptions.tasks import close_promises, mature_invoices

Say = Callable[[str], None]
PAYDAY = 15


class AlreadyTold(Refusal):
    sentence = "There are people in this database already; the demo is told only to an empty one."


@dataclass
class Told:
    """What the story did, in numbers; `proof` says whether the books hold at its end."""

    counts: dict[str, int] = field(default_factory=dict)
    holds: bool = False


def month_of(until: datetime) -> date:
    """The month the story is about: the last one whose payday has come and settled by `until`."""
    month = until.date().replace(day=1)
    back = 1 if until.day > PAYDAY + 7 else 2
    for _again in range(back):
        month = (month - timedelta(days=1)).replace(day=1)
    return month


def tell(*, until: datetime, say: Say) -> Told:
    """Tell the month that ends at `until` (aware, UTC). The database must be empty of people."""
    if User.objects.exists():
        raise AlreadyTold
    month = month_of(until)
    following = (month + timedelta(days=32)).replace(day=1)
    told = Told()
    with Clock(_at(month, hour=8) - timedelta(days=6)) as clock:
        clock.nightly += [lambda now: mature_invoices(), lambda now: release_commissions(now=now)]
        clock.nightly += [lambda now: close_promises()]
        creators, people = _opening(clock, say, told)
        _month(clock, say, told, month, creators, people)
        _reckoning(clock, say, told, month, following)
        say("The last days: new members, new posts, views as they come in")
        lately.happen(clock, until, creators, people)
        benefits.bring_newer_art(clock, creators["mika"], creators["tomas"])
        cast.measure_again(clock, creators)
        if until > clock.now:
            clock.move_to(until)
        say("The books are proved")
        proof = prove_books(now=clock.now)
    # Jobs that ran in the story say nothing about whether they run now.
    JobState.objects.all().delete()
    told.holds = proof.holds
    told.counts |= _counted() | {"entries in the books": proof.entries}
    return told


def _opening(clock: Clock, say: Say, told: Told) -> tuple[dict[str, Creator], dict[str, User]]:
    say("People arrive, and creators join the programs they may join")
    creators, people = cast.raise_curtain(clock)
    told.counts["enrollments"] = cast.join_programs(clock, creators)
    say("Creators say where to pay them, and the platform fills its till")
    payday.say_where(clock, creators)
    payday.fill_till(clock)
    say("The academy opens")
    told.counts["lessons"] = learning.open_academy(clock)
    return creators, people


def _month(
    clock: Clock, say: Say, told: Told, month: date, creators: dict[str, Creator], people: dict[str, User]
) -> None:
    mika = creators["mika"]
    say("Mika opens three tiers; fans join through the hosted checkout")
    tiers = fans.open_tiers(clock, mika, people["Robin"])
    benefits.promise(clock, mika, tiers)
    benefits.bring_emojis(clock, mika, tiers, people["Robin"])
    benefits.carry_over(clock, mika, tiers, people)
    fans.write_posts(clock, mika, tiers)
    offers.make_codes(clock, mika)
    offers.offer_to_stay(mika)
    offers.keep_watch(clock)
    seasons.open_kitchen(clock, tiers[1])
    fans.join(clock, tiers, people)
    told.counts["in a season"] = seasons.say_where(clock, people)
    told.counts["gifts"] = gifts.give(clock, tiers, people, giver="Sam", taker="Gus")
    pools.open_seats(clock, mika, people)
    offers.open_trial(mika)
    told.counts["messages"] = fans.talk(clock, mika, people) + benefits.keep_promises(clock, mika)
    learning.learn(clock, people)
    told.counts["ideas"] = len(learning.speak_up(clock, people))
    say("A brand fills the marketplace; clicks become orders, and some come back")
    brand = sales.open_shop(clock, people["June"])
    taken = sales.take_links(clock, brand, [mika, creators["noor"], creators["tomas"]])
    told.counts |= sales.play(clock, brand, taken, month)
    fans.change_of_heart(clock, people)


def _reckoning(clock: Clock, say: Say, told: Told, month: date, following: date) -> None:
    say("A month of views comes in and is rated; the month closes")
    clock.move_to(_at(following, hour=4))
    creators = {creator.handle: creator for creator in Creator.objects.all()}
    told.counts["views"] = clips.watch(clock, creators, month)
    told.counts["views rated"] = clips.rate(clock, following - timedelta(days=1))
    told.counts["statements"] = len(clips.close(clock, month))
    clock.move_to(_at(following.replace(day=3), hour=4))
    clips.finalize(clock, month)
    say("Payday: a payout run pays everybody exactly once")
    clock.move_to(_at(following.replace(day=PAYDAY), hour=6))
    payday.pay(clock)


def _at(day: date, *, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def _counted() -> dict[str, int]:
    return {
        "creators": Creator.objects.count(),
        "fans": User.objects.filter(creator=None, is_staff=False).count(),
        "memberships": Membership.objects.count(),
        "payout runs": PayoutRun.objects.count(),
        "payouts": Payout.objects.count(),
        "left out with a reason": PayoutSkip.objects.count(),
    }
