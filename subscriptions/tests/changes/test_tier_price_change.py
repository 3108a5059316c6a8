"""A new price reaches members after a notice of seven days or more, at a renewal, and not a moment before."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from subscriptions.actions.memberships import cancel_membership
from subscriptions.actions.price_changes import (
    NobodyPaysOtherwise,
    NoticeTooShort,
    NotYourPrice,
    PriceIsNotNewest,
    announce_price_change,
    withdraw_price_change,
)
from subscriptions.actions.tiers import add_price, publish_tier
from subscriptions.models import Membership, PlanChange, PriceChange, Tier, TierPrice
from subscriptions.tasks import follow_price_changes, tell_price_change
from subscriptions.tests.changes.conftest import HOURS, Agree, Pass, charged
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")


@pytest.fixture
def dearer(gold: Tier, noon: datetime) -> TierPrice:
    """Gold costs new members $12 instead of $10."""
    price = add_price(tier=gold, amount_minor=1_200, now=noon)
    publish_tier(tier=gold, now=noon)
    price.refresh_from_db()
    return price


def announce(price: TierPrice, at: datetime, effective_at: datetime) -> PriceChange:
    by = price.tier.creator.user
    change = announce_price_change(price=price, effective_at=effective_at, by=by, now=at)
    with time_machine.travel(at, tick=False):
        for _twice in range(2):
            tell_price_change(price_change_id=change.pk)
    return change


def test_each_member_is_told_and_pays_it_from_the_first_renewal_after_that_day(
    sam: User, lee: User, gold: Tier, join: Join, until: Pass, dearer: TierPrice, noon: datetime
) -> None:
    TierPrice.objects.filter(pk=dearer.pk).update(effective_at=noon + timedelta(days=1))
    membership, by_choice = join(sam, gold), join(lee, gold, amount_minor=1_500)
    TierPrice.objects.filter(pk=dearer.pk).update(effective_at=noon)
    announce(dearer, noon, noon.replace(month=6, day=20))
    told = Notice.objects.get(kind="subscriptions.price_change")
    assert (told.user, told.url) == (sam, f"/me/memberships/{membership.public_id}/cancellation/")
    assert "$10.00" in told.body
    assert "$12.00" in told.body
    assert PlanChange.objects.get().effective_at == noon.replace(month=7)
    until(noon.replace(month=6) + HOURS)
    assert (charged(sam), charged(lee)) == (2_000, 3_000)
    until(noon.replace(month=7) + HOURS)
    membership.refresh_from_db()
    by_choice.refresh_from_db()
    assert (membership.price, charged(sam), charged(lee)) == (dearer, 3_200, 4_500)
    until(noon.replace(month=8) + HOURS)
    assert charged(sam) == 4_400


def test_less_than_seven_days_is_refused_and_a_renewal_within_them_keeps_the_old_price(
    sam: User, mika: Creator, gold: Tier, join: Join, until: Pass, noon: datetime
) -> None:
    join(sam, gold)
    dearer = add_price(tier=gold, amount_minor=1_200, now=noon)
    publish_tier(tier=gold, now=noon)
    with pytest.raises(NoticeTooShort):
        announce_price_change(price=dearer, effective_at=noon + timedelta(days=6), by=mika.user, now=noon)
    late = noon.replace(month=6) - timedelta(days=3)
    until(late)
    announce(dearer, late, late + timedelta(days=7))
    until(noon.replace(month=6) + HOURS)
    assert charged() == 2_000
    until(noon.replace(month=7) + HOURS)
    assert charged() == 3_200


def test_who_leaves_is_not_charged_and_who_stays_after_all_is_told_anew(
    sam: User, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, gold)
    dearer = add_price(tier=gold, amount_minor=1_200, now=noon)
    publish_tier(tier=gold, now=noon)
    announce(dearer, noon, noon + timedelta(days=8))
    cancel_membership(membership=membership, by=sam, now=noon)
    assert PlanChange.objects.get().dropped_reason == "ending"
    with time_machine.travel(noon + timedelta(days=1), tick=False):
        follow_price_changes()
    assert PlanChange.objects.count() == 1
    until(noon.replace(month=6) + HOURS)
    assert (Membership.objects.get().status, charged()) == ("canceled", 1_000)


def test_withdrawn_it_never_comes(
    sam: User, lee: User, mika: Creator, gold: Tier, join: Join, until: Pass, noon: datetime
) -> None:
    join(sam, gold)
    dearer = add_price(tier=gold, amount_minor=1_200, now=noon)
    publish_tier(tier=gold, now=noon)
    change = announce(dearer, noon, noon + timedelta(days=8))
    until(noon + timedelta(days=1))
    with pytest.raises(NotYourPrice):
        withdraw_price_change(change=change, by=lee, now=noon)
    for _twice in range(2):
        withdraw_price_change(change=change, by=mika.user, now=noon + timedelta(days=1))
    until(noon + timedelta(days=2))
    until(noon.replace(month=6) + HOURS)
    assert charged() == 2_000


def test_only_the_creator_only_the_newest_and_only_if_it_concerns_somebody(
    sam: User, mika: Creator, gold: Tier, join: Join, dearer: TierPrice, noon: datetime
) -> None:
    day = noon + timedelta(days=8)
    with pytest.raises(NotYourPrice):
        announce_price_change(price=dearer, effective_at=day, by=sam, now=noon)
    with pytest.raises(NobodyPaysOtherwise):
        announce_price_change(price=dearer, effective_at=day, by=mika.user, now=noon)
    first = TierPrice.objects.get(tier=gold, version=1)
    with pytest.raises(PriceIsNotNewest):
        announce_price_change(price=first, effective_at=day, by=mika.user, now=noon)


def test_the_page_announces_and_says_when_it_is_too_early(
    client: Client, sam: User, noor: Creator, mika: Creator, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    newest = add_price(tier=gold, amount_minor=1_200, now=noon)
    publish_tier(tier=gold, now=noon)
    address = f"/studio/tiers/{gold.public_id}/prices/members/"
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        soon = client.post(address, {"price": newest.public_id, "effective_date": "2026-05-18"})
        assert (soon.status_code, b"7 days ahead" in soon.content) == (422, True)
        assert client.post(address, {"price": newest.public_id, "effective_date": "tomorrow"}).status_code == 422
        later = {"price": newest.public_id, "effective_date": "2026-06-01"}
        for _twice in range(2):
            assert client.post(address, later).status_code == 302
        assert PriceChange.objects.get().price == newest
        assert client.get(address).status_code == 405
        client.force_login(noor.user)
        assert client.post(address, later).status_code == 404
