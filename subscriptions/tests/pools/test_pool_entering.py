from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.testing.cast import person
from subscriptions.actions.pool_entries import EntriesAreClosed, NotYourEntry, enter_pool, freeze_pool, leave_pool
from subscriptions.actions.pools import call_off_pool, open_pool
from subscriptions.models import Comment, GiftPool, PaymentCard, PoolEntry, Post, Room, Tier
from subscriptions.queries.pools import (
    AlreadyMemberHere,
    EnteredAlready,
    HasNotSpoken,
    NotOnTheList,
    OwnPool,
    PoolIsNotOpen,
)
from subscriptions.tests.conftest import Join
from subscriptions.tests.pools.conftest import Who, wish


def test_somebody_enters_leaves_and_is_back(pool: GiftPool, lee: User, noon: datetime) -> None:
    first = enter_pool(pool=pool, by=lee, now=noon)
    assert enter_pool(pool=pool, by=lee, now=noon) == first
    for _twice in range(2):
        assert leave_pool(entry=first, by=lee, now=noon).left_at == noon
    later = noon + timedelta(hours=1)
    again = enter_pool(pool=pool, by=lee, now=later)
    assert (again.pk, again.left_at, again.entered_at, PoolEntry.objects.count()) == (first.pk, None, later, 1)
    # A list that is fixed is not left, nor while the job is late.
    for moment in (noon + timedelta(days=3), noon + timedelta(days=4)):
        with pytest.raises(EntriesAreClosed):
            leave_pool(entry=again, by=lee, now=moment)
        freeze_pool(pool=pool, now=moment)


def test_one_person_has_one_entry(pool: GiftPool, lee: User, noon: datetime) -> None:
    User.objects.filter(pk=lee.pk).update(email="l.ee@gmail.com")
    lee.refresh_from_db()
    enter_pool(pool=pool, by=lee, now=noon)
    twin = person("Twin")
    User.objects.filter(pk=twin.pk).update(email="lee+more@googlemail.com")
    twin.refresh_from_db()
    with pytest.raises(EnteredAlready):
        enter_pool(pool=pool, by=twin, now=noon)
    cards = {"brand": "visa", "last4": "4242", "exp_month": 1, "exp_year": 2031, "seen_at": noon, "fingerprint": "fp"}
    other = person("Other")
    PaymentCard.objects.create(user=lee, stripe_id="pm_1", **cards)
    PaymentCard.objects.create(user=other, stripe_id="pm_2", **cards)
    with pytest.raises(EnteredAlready):
        enter_pool(pool=pool, by=other, now=noon)


def test_each_no_has_its_name(
    pool: GiftPool, mika: Creator, sam: User, lee: User, silver: Tier, join: Join, noon: datetime
) -> None:
    with pytest.raises(OwnPool):
        enter_pool(pool=pool, by=mika.user, now=noon)
    join(sam, silver)
    with pytest.raises(AlreadyMemberHere):
        enter_pool(pool=pool, by=sam, now=noon)
    for moment in (noon - timedelta(seconds=1), noon + timedelta(days=3)):
        with pytest.raises(PoolIsNotOpen):
            enter_pool(pool=pool, by=lee, now=moment)
    entry = enter_pool(pool=pool, by=lee, now=noon)
    with pytest.raises(NotYourEntry):
        leave_pool(entry=entry, by=sam, now=noon)
    call_off_pool(pool=pool, by=mika.user, reason="No", now=noon)
    with pytest.raises(PoolIsNotOpen):
        enter_pool(pool=pool, by=person("Late"), now=noon)


def test_who_spoke_may_enter_a_pool_for_those_who_speak(
    mika: Creator, silver: Tier, lee: User, sam: User, noon: datetime
) -> None:
    rules = wish(noon, who=Who.SPOKE, spoke_days=7)
    pool = open_pool(creator=mika, tier=silver, months=1, name="Talkers", wish=rules, now=noon)
    post = Post.objects.create(
        creator=mika, title="Hello", body="Hi", created_at=noon, published_at=noon, audience="public"
    )
    said = {"post": post, "author": lee, "text": "Hi", "parts": []}
    Comment.objects.create(**said, nonce="1", sent_at=noon - timedelta(days=8))
    Comment.objects.create(**said, nonce="2", sent_at=noon, removed_at=noon)
    with pytest.raises(HasNotSpoken):
        enter_pool(pool=pool, by=lee, now=noon)
    Comment.objects.create(**said, nonce="3", sent_at=noon - timedelta(days=6))
    assert enter_pool(pool=pool, by=lee, now=noon)
    room = Room.objects.get_or_create(creator=mika)[0]
    room.messages.create(author=sam, text="Hi", shown={}, nonce="1", sent_at=noon - timedelta(days=1))
    assert enter_pool(pool=pool, by=sam, now=noon)


def test_a_list_holds_mailboxes_and_handles_and_members_may_be_on_it(
    mika: Creator, noor: Creator, silver: Tier, sam: User, lee: User, join: Join, noon: datetime
) -> None:
    rules = wish(noon, who=Who.LISTED, listed=("S.am+list@example.com", " @noor ", "sam@EXAMPLE.com", ""))
    pool = open_pool(creator=mika, tier=silver, months=1, name="Students", wish=rules, now=noon)
    assert (len(pool.rules.listed), "example" in str(pool.rules.listed)) == (3, False)
    join(sam, silver)
    assert enter_pool(pool=pool, by=sam, now=noon)
    assert enter_pool(pool=pool, by=noor.user, now=noon)
    with pytest.raises(NotOnTheList):
        enter_pool(pool=pool, by=lee, now=noon)


def test_by_the_page(client: Client, pool: GiftPool, lee: User, noon: datetime) -> None:
    path = f"/@mika/pools/{pool.public_id}/entry/"
    assert client.post(path)["Location"].startswith("/accounts/login/")
    client.force_login(lee)
    with time_machine.travel(noon, tick=False):
        for _twice in range(2):
            to = client.post(path)["Location"]
        assert "We tell you when it is your turn" in client.get(to).content.decode()
        assert "Your entry" in client.get(f"/@mika/pools/{pool.public_id}/").content.decode()
        client.post(path, {"leave": "yes"})
    assert PoolEntry.objects.get().left_at == noon
    assert client.get(path).status_code == 405
