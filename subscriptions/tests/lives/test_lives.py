"""Any life of a membership, its events in any order and twice: doors as paid for, charges as shown, books to the cent."""

import os
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, example, given, note, settings
from hypothesis import strategies as st

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.ledger.invariants import offenders
from portal.ledger.queries import books
from subscriptions.actions.revenue import rebuilt
from subscriptions.actions.tenure import rebuild_tenure
from subscriptions.models import Alarm, Membership, MembershipStep, MrrEvent, PlanChange, TenureMonth
from subscriptions.queries.access import perks
from subscriptions.tests.lives import deeds, told
from subscriptions.tests.lives.world import World, world

# LIVES=200 pytest subscriptions/tests/lives: a longer search (docs/operate.md). Without it the same few lives each time.
LIVES = int(os.environ.get("LIVES", "0"))
BEGINNINGS = (deeds.join, deeds.join, deeds.join, deeds.give)
# A deed, who does it, in which of its ways, and the hours that pass then.
STEP = st.tuples(
    st.sampled_from(deeds.DEEDS),
    st.integers(0, 1),
    st.integers(0, 90),
    st.one_of(st.integers(0, 72), st.integers(20 * 24, 35 * 24)),
)
FIRST = st.tuples(st.sampled_from(BEGINNINGS), st.integers(0, 1), st.integers(0, 90), st.integers(0, 400))
LIFE = st.tuples(FIRST, st.lists(STEP, min_size=3, max_size=14 if LIVES else 9))
# A life takes seconds, and its failure tells it step by step: making it shorter is not worth the minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
Step = tuple[deeds.Deed, int, int, int]
# One life in which nearly everything happens, so that no run goes without.
FULL: list[Step] = [
    (deeds.card_fails, 0, 0, 33 * 24),
    (deeds.card_works, 0, 0, 48),
    (deeds.refund, 0, 8, 1),
    (deeds.dispute, 0, 0, 24),
    (deeds.close_dispute, 0, 1, 24),
    (deeds.cancel, 0, 0, 33 * 24),
    (deeds.join, 0, 0, 9 * 24),
    (deeds.change, 0, 1, 24),
    (deeds.pause, 0, 0, 33 * 24),
    (deeds.resume, 0, 0, 24),
]
# One that begins in a season where all starts later, and comes back in one where the days are paid.
SEASONAL: list[Step] = [
    (deeds.join, 0, 0, 24),
    (deeds.change, 0, 1, 20 * 24),
    (deeds.cancel, 0, 0, 33 * 24),
    (deeds.open_season, 0, 0, 1),
    (deeds.join, 0, 0, 24),
    (deeds.card_fails, 0, 0, 30 * 24),
]
# One who stays for less, changes, takes a break, and is offered it again.
FOR_LESS: list[Step] = [
    (deeds.stay_for_less, 0, 0, 33 * 24),
    (deeds.change, 0, 3, 33 * 24),
    (deeds.pause, 0, 0, 70 * 24),
    (deeds.stay_for_less, 0, 1, 33 * 24),
    (deeds.change, 0, 0, 33 * 24),
]


@example(life=((deeds.join, 0, 1, 24), FULL), seed=1, grace_days=7)
@example(life=((deeds.join, 0, 0, 9 * 24), FOR_LESS), seed=1, grace_days=7)
@example(life=((deeds.open_season, 0, 2, 1), SEASONAL), seed=1, grace_days=7)
@given(life=LIFE, seed=st.integers(0, 9_999), grace_days=st.sampled_from((0, 2, 7, 14, 21)))
@settings(
    max_examples=LIVES or 6,
    deadline=None,
    phases=PHASES,
    derandomize=not LIVES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_doors_charges_and_books_in_any_life(
    shares: None, mika: Creator, noon: datetime, life: tuple[Step, list[Step]], seed: int, grace_days: int
) -> None:
    with world(mika=mika, noon=noon, seed=seed, grace_days=grace_days) as here:
        first, then = life
        for deed, who, number, hours in (first, *then):
            do(here, deed, here.fans[who], number)
            check_doors(here)
            here.live(hours)
            check_doors(here)
        here.sweep()
        check_promises(here)
        check_rows(here)
        assert books() == told.books_of(here.box, mika.public_id)
        assert offenders() == {}


def do(here: World, deed: deeds.Deed, fan: User, number: int) -> None:
    """Done, or refused; what is charged meanwhile is what the quote has shown."""
    before, here.steps = here.taken(), here.steps + 1
    note(f"{here.now:%Y-%m-%d %H:%M} {fan} {deed.__name__} {number}")
    quote = None
    try:
        with here.moment():
            quote = deed(here, fan, number)
    except (Refusal, *deeds.NOES):
        assert here.taken() == before, "a refusal charges nothing"
    else:
        if quote is not None:
            assert here.taken() - before == quote.charge_now_minor, "charged is what was shown"
    here.deliver()


def check_doors(here: World) -> None:
    """Whoever asks, now or for a moment to come, has the highest tier that is paid for or given, and no other."""
    names = {tier.public_id: tier for tier in here.tiers}
    for fan in here.fans:
        spans = [
            (names[span.tier], here.at(span.start), here.at(span.end))
            for span in told.opened(here.box, here.customer(fan), here.grace_days, here.waiting)
        ]
        gifts = [(tier, start, until) for whose, tier, start, until in here.gifts if whose == fan]
        edges = {edge for _tier, _start, edge in (*spans, *gifts) if edge is not None and edge >= here.now}
        for at in sorted({here.now, *edges, *(edge - timedelta(seconds=1) for edge in edges if edge > here.now)}):
            live = [tier for tier, start, end in (*spans, *gifts) if start <= at and (end is None or at < end)]
            wanted = max(live, key=lambda tier: tier.rank, default=None)
            found = perks(viewer=fan, creator=here.mika, at=at)
            assert (found.tier, found.is_member) == (wanted, wanted is not None), f"{fan} at {at}"


def check_promises(here: World) -> None:
    """Every quote that was taken and costs something was charged so, on an invoice of that amount; each renewal was shown."""
    for fan in here.fans:
        shown: set[int] = set()
        for quote in here.quotes(fan):
            shown |= {quote.next_charge_minor or 0, *(row["amount_minor"] for row in quote.later)}
            if quote.charged_minor is not None:
                invoice = here.box.get(quote.invoice.stripe_id, "invoice") if quote.invoice else {"amount_paid": 0}
                assert quote.charged_minor == quote.charge_now_minor == invoice["amount_paid"]
        announced = PlanChange.objects.filter(membership__fan=fan, price_change__isnull=False, applied_at__isnull=False)
        shown |= set(announced.values_list("price__amount_minor", flat=True))
        for invoice in here.box.all("invoice", customer=here.customer(fan)):
            if invoice["billing_reason"] == "subscription_cycle" and invoice["status"] == "paid":
                assert invoice["amount_paid"] in shown, "a renewal costs what was shown before"


def check_rows(here: World) -> None:
    """One row a fan; months and revenue as if computed anew; nothing to alarm anybody."""
    for fan in here.fans:
        rows = list(Membership.objects.filter(fan=fan))
        assert len(rows) <= 1
        for membership in rows:
            implied = rebuilt(membership=membership, steps=MembershipStep.objects.filter(membership=membership))
            events = list(MrrEvent.objects.filter(membership=membership).order_by("pk"))
            fields = ("key", "kind", "at", "tier_id", "delta_minor", "mrr_minor")
            assert [[getattr(one, name) for name in fields] for one in events] == [
                [getattr(one, name) for name in fields] for one in implied
            ]
            last = events[-1].mrr_minor if events else 0
            assert last == told.recurring(here.box, here.customer(fan)) == sum(one.delta_minor for one in events)
        before = months(fan)
        rebuild_tenure(fan=fan, creator=here.mika, now=here.now)
        assert months(fan) == before
    # Nobody answers banks in these lives, and of that staff are warned.
    assert not Alarm.objects.exclude(kind=Alarm.Kind.DISPUTE_DUE).exists()


def months(fan: User) -> list[tuple[object, ...]]:
    fields = ("kind", "from_at", "until_at", "tenure", "streak", "source")
    return list(TenureMonth.objects.filter(fan=fan).order_by("from_at").values_list(*fields))


@pytest.fixture(autouse=True)
def quick_passwords(settings: object) -> None:
    """Each life makes its people anew."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
