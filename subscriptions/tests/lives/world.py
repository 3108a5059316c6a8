"""A small world in which memberships live: two fans, one creator, the provider, and the clock that all of them go by.

Events arrive in any order and each of them twice; jobs run after their transaction, sweeps as the timetable has them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlsplit

import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client, TestCase

from portal.accounts.models import Creator, User
from portal.payments import inbox
from portal.payments.models import Customer, StripeEvent
from portal.sandbox import engine
from portal.sandbox.engine import Sandbox
from portal.testing.cast import person
from subscriptions import tasks
from subscriptions.actions.promos import add_promo
from subscriptions.actions.tiers import add_price, publish_tier, set_grace
from subscriptions.models import Benefit, Membership, Quote, Tier
from subscriptions.tests.conftest import make_tier

# As the timetable has them (portal/celery.py), those that memberships are about.
SWEEPS = (
    tasks.collect_due,
    tasks.send_changes,
    tasks.send_cancellations,
    tasks.sweep_offers,
    tasks.sweep_checkouts,
    tasks.follow_seasons,
    tasks.follow_price_changes,
    tasks.mature_invoices,
    tasks.follow_tenure,
    tasks.watch_renewals,
)
CARDS = ("4242424242424242", "5555555555554444")
MOST_ROUNDS = 20
PROMOS = {
    "ONCE80": {"percent": 80},
    "HALF2": {"percent": 50, "duration": "months", "months": 2},
    "LESS100": {"amount_minor": 100, "duration": "forever"},
    "FREE1": {"percent": 100},
}


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever is written in here is gone afterwards. For our own checks it is no transaction, like a test's."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)
    cache.clear()


@dataclass
class World:
    box: Sandbox
    mika: Creator
    chance: Random
    grace_days: int
    fans: tuple[User, ...] = ()
    tiers: tuple[Tier, ...] = ()
    # The doors that the creator opened by hand: whose, to which tier, from when, until when.
    gifts: list[tuple[User, Tier, datetime, datetime | None]] = field(default_factory=list)
    # Attempts (public ids) that led into a season where nothing opens before the billing day.
    waiting: set[str] = field(default_factory=set)
    steps: int = 0
    _browser: Client = field(default_factory=Client)

    # ---- time ------------------------------------------------------------------
    @property
    def now(self) -> datetime:
        return self.box.today()

    def at(self, seconds: int) -> datetime:
        return self.now + timedelta(seconds=seconds - self.box.now())

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Something happens now, and the jobs that it asks for are done."""
        with time_machine.travel(self.now, tick=False), TestCase.captureOnCommitCallbacks(execute=True):
            yield

    def live(self, hours: int) -> None:
        """Time passes, from one thing that falls due to the next."""
        until = self.now + timedelta(hours=hours)
        while self.now < until:
            self.box.advance_to(min(until, self._next_stop()))
            self.deliver()
            self.sweep()

    def sweep(self) -> None:
        """What the timetable has, once."""
        for sweep in SWEEPS:
            with self.moment():
                sweep()
        self.deliver()

    def _next_stop(self) -> datetime:
        """When the provider does something next, or up to two hours later; at most a week from now."""
        rows = self.box.store.rows("SELECT MIN(at) AS at FROM due WHERE clock = '' AND at > ?", (self.box.now(),))
        week = self.now + timedelta(days=7)
        if rows[0]["at"] is None:
            return week
        return min(week, self.at(rows[0]["at"]) + timedelta(hours=self.chance.choice((0, 1, 2))))

    def deliver(self) -> None:
        """All events that wait arrive; they are handled in any order, and each of them a second time."""
        for _round in range(MOST_ROUNDS):
            with time_machine.travel(self.now, tick=False):
                sent = self.box.deliver_all(self._post)
            assert all(200 <= one.status < 300 for one in sent)
            ids = list(StripeEvent.objects.unhandled().values_list("event_id", flat=True))
            if not sent and not ids:
                return
            for event_id in self.chance.sample(ids * 2, 2 * len(ids)):
                StripeEvent.objects.filter(event_id=event_id).update(handled_at=None, claimed_at=None)
                with self.moment():
                    assert inbox.handle(event_id=event_id, now=self.now)
        raise AssertionError("events go round in circles")

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> object:
        return self._browser.post(urlsplit(url).path, body, content_type="application/json", headers=headers)

    # ---- what is there -----------------------------------------------------------
    def customer(self, fan: User) -> str:
        """Their name at the provider, "" for somebody it has never heard of."""
        return Customer.objects.filter(user=fan).values_list("stripe_id", flat=True).first() or ""

    def membership(self, fan: User) -> Membership:
        return Membership.objects.select_related("fan", "creator", "tier", "price").get(fan=fan)

    def card(self, fan: User) -> str:
        return CARDS[self.fans.index(fan)]

    def taken(self) -> int:
        """What the provider ever took from cards."""
        return sum(charge["amount"] for charge in self.box.all("charge") if charge["paid"])

    def quotes(self, fan: User) -> list[Quote]:
        """What the fan agreed to, the oldest first."""
        return list(Quote.objects.filter(fan=fan, accepted_at__isnull=False).order_by("accepted_at", "pk"))


@contextmanager
def world(*, mika: Creator, noon: datetime, seed: int, grace_days: int) -> Iterator[World]:
    """Two tiers by the month and by the year, codes, one tier with a trial; gone without a trace afterwards."""
    fresh = engine.from_settings(store=None, clock=lambda: noon, notify=lambda: None)
    before = engine.use(fresh)
    try:
        with taken_back():
            made = World(fresh, mika, Random(seed), grace_days)
            made.fans = (person("Ada"), person("Bo"))
            with made.moment():
                made.tiers = _tiers(mika, noon)
                set_grace(creator=mika, days=grace_days)
                for code, terms in PROMOS.items():
                    add_promo(creator=mika, code=code, now=noon, **terms)  # type: ignore[arg-type]
            yield made
            assert fresh.findings == [], "the sandbox departed from the provider's wire format"
    finally:
        engine.use(before)
        fresh.store.close()


def _tiers(mika: Creator, noon: datetime) -> tuple[Tier, ...]:
    kind = Benefit.Kind
    low = make_tier(mika, noon, name="Silver", amount=500, kinds=(kind.BADGE, kind.CONTENT), trial_days=7)
    high = make_tier(mika, noon, name="Gold", amount=1_000, kinds=(kind.CHAT, kind.EMOJIS))
    for tier, amount in ((low, 5_000), (high, 10_000)):
        add_price(tier=tier, amount_minor=amount, interval="year", now=noon)
        publish_tier(tier=tier, now=noon)
    return low, high
