"""Why can I see this? For any fan, thing and moment; and why did somebody lose it?"""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from subscriptions.actions.chat import open_room
from subscriptions.actions.grants import give_grant, revoke_grant
from subscriptions.actions.media import add_media
from subscriptions.actions.memberships import cancel_membership, undo_cancellation
from subscriptions.models import Benefit, Grant, Invoice, Tier
from subscriptions.queries.why import Cancel, dossier, why, why_visible
from subscriptions.tests.conftest import Join
from subscriptions.tests.posts.conftest import LetIn
from subscriptions.tests.posts.things import post_of, upload

JUNE = 6


def test_every_thing_has_its_reason(
    sam: User, lee: User, mika: Creator, gold: Tier, silver: Tier, let_in: LetIn, noon: datetime
) -> None:
    grant = let_in(sam, gold)
    post = post_of(mika, noon, audience="tier", tier=gold)
    media = add_media(post=post, file=upload(b"%PDF-1"), now=noon)
    chat = Benefit.objects.get(kind=Benefit.Kind.CHAT)
    for thing in (post, media, open_room(creator=mika), chat):
        found = why(viewer=sam, thing=thing, at=noon)
        assert (found.visible, found.grants, found.ends_at) == (True, (grant,), grant.until_at), thing
        assert not why(viewer=lee, thing=thing, at=noon).visible
        assert why(viewer=mika.user, thing=thing, at=noon).visible
        # As of the moment before it was given, and of the one when it ended.
        for moment in (noon - timedelta(seconds=1), grant.until_at):
            assert not why(viewer=sam, thing=thing, at=moment).visible


def test_a_lower_tier_has_what_it_holds_and_not_the_rest(
    sam: User, mika: Creator, gold: Tier, silver: Tier, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, silver)
    assert not why(viewer=sam, thing=open_room(creator=mika), at=noon).visible
    assert why(viewer=sam, thing=Benefit.objects.get(kind=Benefit.Kind.CONTENT), at=noon).visible


def test_what_a_cancel_today_would_change(
    sam: User, staff: User, gold: Tier, silver: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    post = post_of(gold.creator, noon, audience="tier", tier=gold)
    paid_until = noon.replace(month=JUNE)
    assert why_visible(viewer=sam, post=post, at=noon).cancel == Cancel(closes_at=paid_until)
    # Between the end of the paid time and the next payment it is open by patience alone.
    in_grace = why_visible(viewer=sam, post=post, at=paid_until + timedelta(hours=1))
    assert (in_grace.visible, in_grace.cancel) == (True, Cancel(paid_until + timedelta(hours=1), at_once=True))
    # A gift of a lower tier does not keep this open; one of the same tier does, from the day the paid time ends.
    values = {"fan": sam, "by": staff, "reason": "Prize", "kind": Grant.Kind.GIFTED}
    give_grant(tier=silver, now=noon, until=noon.replace(month=9), **values)
    assert why_visible(viewer=sam, post=post, at=noon).cancel == Cancel(closes_at=paid_until)
    give_grant(tier=gold, now=paid_until, until=noon.replace(month=8), **values)
    assert why_visible(viewer=sam, post=post, at=noon).cancel == Cancel(closes_at=noon.replace(month=8))
    give_grant(tier=gold, now=noon, until=None, **values)
    assert why_visible(viewer=sam, post=post, at=noon).cancel == Cancel()
    # And it is what then happens.
    Grant.objects.filter(kind=Grant.Kind.GIFTED).delete()
    cancel_membership(membership=membership, by=sam, now=noon)
    assert why_visible(viewer=sam, post=post, at=paid_until - timedelta(seconds=1)).visible
    assert not why_visible(viewer=sam, post=post, at=paid_until).visible


def test_who_has_nothing_to_cancel_is_told_nothing_of_it(sam: User, gold: Tier, let_in: LetIn, noon: datetime) -> None:
    let_in(sam, gold)
    assert why_visible(viewer=sam, post=post_of(gold.creator, noon), at=noon).cancel is None


def test_the_timeline_says_who_closed_it_and_why(
    sam: User, staff: User, mika: Creator, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    day = timedelta(days=1)
    cancel_membership(membership=membership, by=sam, now=noon + day, reason="too_expensive")
    undo_cancellation(membership=membership, by=sam, now=noon + 2 * day)
    grant = Grant.objects.get(kind=Grant.Kind.PAID)
    revoke_grant(grant=grant, by=staff, reason="Stolen card", now=noon + 3 * day)
    found = dossier(fan=sam, creator=mika, at=noon + 4 * day, receipts=True)
    assert [(moment.step, moment.who) for moment in found.moments] == [
        ("revoked", staff),
        ("stayed", sam),
        ("canceled", sam),
        ("given", None),
    ]
    assert found.lost is not None
    assert (found.lost.reason, found.lost.url) == ("Stolen card", f"/me/receipts/{Invoice.objects.get().public_id}/")
    assert [line.why.visible for line in found.lines] == [False] * len(found.lines)
    # As of the day before, nothing was lost.
    before = dossier(fan=sam, creator=mika, at=noon + 2 * day, receipts=False)
    assert (before.lost, [moment.step for moment in before.moments]) == (None, ["stayed", "canceled", "given"])
    assert all(line.why.visible for line in before.lines)
    assert all(moment.url == "" for moment in before.moments)


def test_the_page_of_a_fan(
    client: Client, sam: User, lee: User, mika: Creator, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        page = client.get(reverse("own_access", args=["mika"])).content.decode()
        assert "If you cancelled today, nothing would change before June 15, 2026" in page
        assert f"/me/receipts/{Invoice.objects.get().public_id}/" in page
        client.force_login(lee)
        assert "No door was ever opened." in client.get(reverse("own_access", args=["mika"])).content.decode()
        client.force_login(mika.user)
        assert "All of it is yours." in client.get(reverse("own_access", args=["mika"])).content.decode()
    client.logout()
    assert client.get(reverse("own_access", args=["mika"])).status_code == 302
    assert client.post("/@mika/why/").status_code == 302


def test_the_page_of_a_creator_is_about_their_own_members(
    client: Client, sam: User, staff: User, noor: Creator, mika: Creator, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    revoke_grant(grant=Grant.objects.get(kind="paid"), by=staff, reason="Stolen card", now=noon + timedelta(days=2))
    page = reverse("member_access", args=[membership.public_id])
    client.force_login(mika.user)
    with time_machine.travel(noon + timedelta(days=5), tick=False):
        now = client.get(page).content.decode()
        assert ("Stolen card" in now, "Nothing is open." in now, "/me/receipts/" in now) == (True, True, False)
        then = client.get(f"{page}?at=2026-05-16T10:00").content.decode()
        assert ("Stolen card" in then, "Nothing is open." in then) == (False, False)
        assert client.get(f"{page}?at=nonsense").status_code == 200
    for who, status in ((noor.user, 404), (sam, 302)):
        client.force_login(who)
        assert client.get(page).status_code == status


def test_staff_ask_for_anybody_and_any_day(
    client: Client, sam: User, staff: User, mika: Creator, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    client.force_login(staff)
    with time_machine.travel(noon, tick=False):
        assert client.get(reverse("staff_access")).status_code == 200
        asked = {"fan": "Sam@example.com", "creator": "@mika"}
        assert "/me/receipts/" in client.get("/staff/access/", asked).content.decode()
        before = client.get("/staff/access/", asked | {"at": "2026-05-01T10:00"}).content.decode()
        assert "No door was ever opened." in before
        for bad, field in (
            ({"fan": "nobody@example.com"}, "fan"),
            ({"creator": "nobody"}, "creator"),
            ({"at": "x"}, "at"),
        ):
            answer = client.get("/staff/access/", asked | bad)
            assert (answer.status_code, field in answer.context["form"].errors) == (422, True)
    client.force_login(mika.user)
    assert client.get("/staff/access/").status_code == 403
    assert client.post("/staff/access/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(
    sam: User,
    mika: Creator,
    gold: Tier,
    let_in: LetIn,
    noon: datetime,
    count: int,
    django_assert_max_num_queries: object,
) -> None:
    for _n in range(count):
        let_in(sam, gold)
    with django_assert_max_num_queries(7):  # type: ignore[operator]
        dossier(fan=sam, creator=mika, at=noon, receipts=True)
