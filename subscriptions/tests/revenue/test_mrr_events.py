"""Each change of a membership is one step, and one revenue event when revenue moved by it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from portal.accounts.models import User
from portal.payments.models import Customer
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.memberships import cancel_membership, undo_cancellation
from subscriptions.actions.revenue import follow_revenue
from subscriptions.models import Membership, MembershipStep, MrrEvent, Tier
from subscriptions.movements import Moment, movement, movements
from subscriptions.queries.memberships import creator_summary
from subscriptions.tests.conftest import Join


def events() -> list[tuple[str, int, int]]:
    return [(event.kind, event.delta_minor, event.mrr_minor) for event in MrrEvent.objects.order_by("pk")]


def test_joining_leaving_and_coming_back(
    box: Sandbox, deliver: Deliver, sam: User, silver: Tier, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    assert events() == [("new", 1_000, 1_000)]
    assert [(step.number, step.status) for step in MembershipStep.objects.all()][-1][1] == "active"
    cancel_membership(membership=membership, by=sam, now=noon)
    assert events() == [("new", 1_000, 1_000)]
    box.advance_to(noon + timedelta(days=40))
    deliver()
    assert events() == [("new", 1_000, 1_000), ("churn", -1_000, 0)]
    assert MrrEvent.objects.get(kind="churn").tier == gold
    join(sam, silver, now=noon + timedelta(days=40))
    assert events()[2:] == [("reactivation", 500, 500)]
    assert creator_summary(creator=gold.creator, now=noon).mrr_minor == {"usd": 500}


def test_a_failed_payment_is_no_churn_until_the_end(
    box: Sandbox, deliver: Deliver, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    box.replace_card(Customer.objects.get(user=sam).stripe_id, card="4000000000000341")
    box.advance_to(noon + timedelta(days=32))
    deliver()
    assert Membership.objects.get().status == "past_due"
    assert events() == [("new", 1_000, 1_000)]


def test_the_same_again_adds_nothing(deliver: Deliver, sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    membership = join(sam, gold)
    steps = MembershipStep.objects.count()
    for _again in range(3):
        assert follow_revenue(membership=membership, now=noon + timedelta(days=1)) is None
    assert (MembershipStep.objects.count(), len(events())) == (steps, 1)
    cancel_membership(membership=membership, by=sam, now=noon)
    undo_cancellation(membership=membership, by=sam, now=noon)
    assert [step.is_ending for step in MembershipStep.objects.order_by("number")][-2:] == [True, False]
    assert len(events()) == 1


def test_a_better_and_a_lesser_price_expand_and_contract(
    sam: User, silver: Tier, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, silver)
    for tier in (gold, silver):
        membership.tier, membership.price = tier, tier.prices.get()
        membership.save()
        follow_revenue(membership=membership, now=noon)
    assert events() == [("new", 500, 500), ("expansion", 500, 1_000), ("contraction", -500, 500)]


def test_the_rebuild_command_finds_what_is_kept_and_mends_what_is_not(
    capsys: pytest.CaptureFixture[str], sam: User, gold: Tier, join: Join
) -> None:
    join(sam, gold)
    kept = list(MrrEvent.objects.values_list("key", "kind", "at", "delta_minor"))
    call_command("rebuild_revenue")
    assert "0 differed" in capsys.readouterr().out
    MrrEvent.objects.update(delta_minor=7)
    with pytest.raises(SystemExit):
        call_command("rebuild_revenue", creator="mika")
    assert "1 differed" in capsys.readouterr().out
    assert list(MrrEvent.objects.values_list("key", "kind", "at", "delta_minor")) == kept


def test_an_event_cannot_contradict_itself(sam: User, gold: Tier, join: Join) -> None:
    join(sam, gold)
    for wrong in ({"delta_minor": -1}, {"kind": "churn"}, {"mrr_minor": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            MrrEvent.objects.update(**wrong)


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from([0, 500, 1_000, 2_500])), max_size=12))
@pytest.mark.once
def test_movements_add_up_to_what_is_there(lives: list[tuple[int, int]]) -> None:
    moments = [Moment(number, tier, "usd", brings) for number, (tier, brings) in enumerate(lives, start=1)]
    found = list(movements(moments))
    assert sum(one.delta_minor for one in found) == (moments[-1].monthly_minor if moments else 0)
    assert [one.kind for one in found].count("new") == min(1, len(found))
    running = 0
    for one in found:
        running += one.delta_minor
        assert running == one.mrr_minor and (one.kind == "churn") == (running == 0)


@pytest.mark.once
def test_nothing_moves_between_equal_moments() -> None:
    still: Callable[[], Moment] = lambda: Moment(1, 1, "usd", 500)
    assert movement(still(), still(), was_ever=True) is None
    assert movement(None, Moment(1, 1, "usd", 0), was_ever=False) is None
