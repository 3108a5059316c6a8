"""A break: nothing charged, nothing open, back by itself on the old day, or earlier when asked."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.payments.models import Customer
from portal.sandbox.engine import Sandbox
from subscriptions.actions.changes import PaymentDidNotGoThrough
from subscriptions.actions.memberships import cancel_membership
from subscriptions.actions.pauses import pause_membership, resume_membership
from subscriptions.actions.quotes import QuoteIsNotYours, quote_pause, quote_resume
from subscriptions.models import Grant, Membership, MembershipTerms, Pause, Tier
from subscriptions.queries.access import perks
from subscriptions.queries.memberships import creator_summary
from subscriptions.queries.quotes import IsPaused, NotPaused, PauseNotOffered
from subscriptions.tasks import tell_resumes_soon
from subscriptions.tests.changes.conftest import HOURS, Agree, Pass, charged
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")
Status = Membership.Status


@pytest.mark.parametrize("months", [1, 2, 3])
def test_nothing_is_charged_and_nothing_open_until_it_goes_on_by_itself(
    sam: User, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime, months: int
) -> None:
    membership, june, back = join(sam, gold), noon.replace(month=6), noon.replace(month=6 + months)
    quote = agree("pause", membership, months=months)
    assert (quote.charge_now_minor, quote.next_charge_minor, quote.next_charge_at) == (0, 1_000, back)
    assert (membership.status, membership.next_charge_at) == (Status.ACTIVE, back)
    assert perks(viewer=sam, creator=gold.creator, at=june - timedelta(seconds=1)).is_member
    assert not perks(viewer=sam, creator=gold.creator, at=june).is_member
    until(june + HOURS)
    membership.refresh_from_db()
    assert (membership.status, membership.next_charge_at, charged()) == (Status.PAUSED, back, 1_000)
    assert creator_summary(creator=gold.creator, now=june).mrr_minor == {}
    until(back - HOURS)
    assert charged() == 1_000
    assert not perks(viewer=sam, creator=gold.creator, at=back - HOURS).is_member
    until(back + HOURS)
    membership.refresh_from_db()
    assert (membership.status, membership.resumes_at, charged()) == (Status.ACTIVE, None, 2_000)
    assert perks(viewer=sam, creator=gold.creator, at=back + HOURS).is_member
    assert books("creator:") == {"creator:mika:pending:usd": -1_800}
    paused = Grant.objects.filter(kind=Grant.Kind.GRACE, from_at=june, revoked_at__isnull=True)
    assert not paused.exists()
    assert Notice.objects.filter(user=sam, kind="subscriptions.resumed").count() == 1


def test_it_is_told_some_days_before(
    sam: User, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, gold)
    agree("pause", membership, months=1)
    july = noon.replace(month=7)
    until(july - timedelta(days=2))
    with time_machine.travel(july - timedelta(days=2), tick=False):
        for _twice in range(2):
            tell_resumes_soon()
    told = Notice.objects.get(user=sam, kind="subscriptions.resumes_soon")
    assert "$10.00" in told.body


def test_back_earlier_is_paid_now_and_sets_the_day(
    sam: User, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, gold)
    agree("pause", membership, months=3)
    early = noon.replace(month=6, day=25)
    until(early)
    quote = agree("resume", membership)
    assert (quote.charge_now_minor, quote.next_charge_at) == (1_000, early.replace(month=7))
    assert (membership.status, membership.period_end_at, membership.anchor_day) == (
        Status.ACTIVE,
        early.replace(month=7),
        25,
    )
    assert perks(viewer=sam, creator=gold.creator, at=early).is_member
    until(early.replace(month=7) + HOURS)
    assert charged() == 3_000


def test_a_pause_that_has_not_begun_is_taken_back_for_nothing(
    sam: User, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, gold)
    agree("pause", membership, months=2)
    assert agree("resume", membership).charge_now_minor == 0
    assert perks(viewer=sam, creator=gold.creator, at=noon.replace(month=6) + HOURS).is_member
    until(noon.replace(month=6) + HOURS)
    assert charged() == 2_000


def test_a_card_that_says_no_leaves_the_pause(
    box: Sandbox, sam: User, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, gold)
    agree("pause", membership, months=3)
    until(noon.replace(month=6, day=25))
    box.replace_card(Customer.objects.get(user=sam).stripe_id, card="4000000000000341")
    membership.refresh_from_db()
    quote = quote_resume(membership=membership, now=box.today())
    with pytest.raises(PaymentDidNotGoThrough):
        resume_membership(quote=quote, signature=quote.signature, by=sam, now=box.today())
    membership.refresh_from_db()
    assert (membership.status, Pause.objects.get().ended_at) == (Status.PAUSED, None)


def test_leaving_during_a_pause_ends_it_now_and_leaving_before_it_goes_first(
    box: Sandbox, sam: User, lee: User, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    mine, theirs = join(sam, gold), join(lee, gold)
    agree("pause", mine, months=3)
    agree("pause", theirs, months=3)
    agree("cancel", theirs)
    until(noon.replace(month=6) + HOURS)
    theirs.refresh_from_db()
    assert theirs.status == Status.CANCELED
    mine.refresh_from_db()
    cancel_membership(membership=mine, by=sam, now=box.today())
    until(noon.replace(month=10))
    mine.refresh_from_db()
    assert (mine.status, charged()) == (Status.CANCELED, 2_000)
    assert Pause.objects.filter(ended_at__isnull=True).count() == 0


def test_a_change_that_waits_is_made_and_paid_after_the_pause(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, gold)
    agree("change", membership, tier=silver)
    quote = agree("pause", membership, months=1)
    assert quote.next_charge_minor == 500
    until(noon.replace(month=7) - HOURS)
    assert charged() == 1_000
    until(noon.replace(month=7) + HOURS)
    membership.refresh_from_db()
    assert (membership.tier, membership.status, charged()) == (silver, Status.ACTIVE, 1_500)


def test_the_last_of_the_month_comes_back_after_a_pause_over_february(
    box: Sandbox, sam: User, gold: Tier, join: Join, agree: Agree, until: Pass
) -> None:
    last = datetime(2027, 1, 31, 12, tzinfo=UTC)
    box.advance_to(last)
    membership = join(sam, gold, now=last)
    until(datetime(2027, 2, 28, 15, tzinfo=UTC))
    membership.refresh_from_db()
    assert membership.period_end_at == datetime(2027, 3, 31, 12, tzinfo=UTC)
    quote = agree("pause", membership, months=1)
    assert quote.next_charge_at == datetime(2027, 4, 30, 12, tzinfo=UTC)
    until(datetime(2027, 4, 30, 15, tzinfo=UTC))
    membership.refresh_from_db()
    assert (membership.anchor_day, membership.period_end_at) == (31, datetime(2027, 5, 31, 12, tzinfo=UTC))
    assert charged() == 3_000


def test_only_the_member_only_once_and_only_where_it_fits(
    sam: User, lee: User, gold: Tier, join: Join, agree: Agree, yearly: None, noon: datetime
) -> None:
    membership = join(sam, gold)
    with pytest.raises(NotPaused):
        quote_resume(membership=membership, now=noon)
    for months in (0, 4, -1):
        with pytest.raises(PauseNotOffered):
            quote_pause(membership=membership, months=months, now=noon)
    quote = quote_pause(membership=membership, months=1, now=noon)
    with pytest.raises(QuoteIsNotYours):
        pause_membership(quote=quote, signature=quote.signature, by=lee, now=noon)
    agree("pause", membership, months=1)
    with pytest.raises(IsPaused):
        quote_pause(membership=membership, months=1, now=noon)
    by_year = join(lee, gold, interval="year")
    with pytest.raises(PauseNotOffered):
        quote_pause(membership=by_year, months=1, now=noon)


def test_a_creator_may_offer_no_pauses(sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    MembershipTerms.objects.create(creator=gold.creator, pauses=False)
    with pytest.raises(PauseNotOffered):
        quote_pause(membership=join(sam, gold), months=1, now=noon)


def test_the_page_shows_each_break_and_leads_to_the_offer(
    client: Client, sam: User, lee: User, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    address = f"/me/memberships/{membership.public_id}/pause/"
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        assert b"3 months, until" in client.get(address).content
        assert client.post(address, {"months": "7"}).status_code == 422
        offer = client.post(address, {"months": "2"})["Location"]
        assert b"From June 15 to August 15 nothing is charged" in client.get(offer).content
    client.force_login(lee)
    assert client.get(address).status_code == 404
    assert client.get(offer).status_code == 404
