"""Doors of posts: chosen tiers, and posts that open to more people later."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions import posts as deeds
from subscriptions.models import Post, Tier
from subscriptions.queries.access import perks
from subscriptions.queries.posts import library_posts
from subscriptions.tests.posts.conftest import LetIn
from subscriptions.tests.posts.things import post_of

FORM = {"title": "Hello", "teaser": "", "body": "**Hi**", "audience": "members", "takes_comments": "on"}


def may(viewer: User, post: Post, at: datetime) -> bool:
    fresh = Post.objects.with_doors().get(pk=post.pk)
    answer = perks(viewer=viewer, creator=post.creator, at=at).may_read(fresh)
    # What the library lists and what the door says never differ (it leaves out what is for everybody from the start).
    if post.audience != "public" and not fresh.is_public(at):
        assert (fresh in library_posts(fan=viewer, at=at)) == answer
    return answer


def test_members_first_and_everybody_from_a_day_on(
    client: Client, sam: User, lee: User, silver: Tier, gold: Tier, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, gold)
    later = noon + timedelta(days=18)
    post = post_of(gold.creator, noon, audience="tier", tier=gold, opens_at=later, opens_to="public")
    before, after = later - timedelta(seconds=1), later
    assert [may(who, post, at) for who in (sam, lee) for at in (before, after)] == [True, True, False, True]
    address = f"/@mika/posts/{post.public_id}/"
    with time_machine.travel(noon, tick=False):
        page = client.get(address)
        assert page.status_code == 403
        assert "Opens for everybody on June 2, 2026" in page.content.decode()
        assert "Opens for everybody on June 2, 2026" in client.get("/@mika/").content.decode()
    with time_machine.travel(later, tick=False):
        page = client.get(address)
        assert page.status_code == 200
        assert "Opens for everybody" not in page.content.decode()
        assert "This post has opened for everybody." in client.get(f"{address}why/").content.decode()


def test_a_lower_tier_comes_in_later_and_nobody_is_shut_out(
    sam: User, lee: User, silver: Tier, gold: Tier, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, gold)
    let_in(lee, silver)
    later = noon + timedelta(days=3)
    post = post_of(
        gold.creator, noon, audience="tiers", tiers=[gold], opens_at=later, opens_to="tier", opens_tier=silver
    )
    assert [may(who, post, at) for who in (sam, lee) for at in (noon, later)] == [True, True, False, True]
    members = post_of(gold.creator, noon, audience="tier", tier=gold, opens_at=later, opens_to="members")
    assert [may(lee, members, at) for at in (noon, later)] == [False, True]


def test_chosen_tiers_are_meant_exactly(
    client: Client, sam: User, lee: User, silver: Tier, gold: Tier, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, gold)
    let_in(lee, silver)
    post = post_of(gold.creator, noon, audience="tiers", tiers=[silver])
    assert (may(sam, post, noon), may(lee, post, noon)) == (False, True)
    with time_machine.travel(noon, tick=False):
        client.force_login(sam)
        page = client.get(f"/@mika/posts/{post.public_id}/").content.decode()
    assert "members of these tiers only: Silver" in page


@pytest.mark.parametrize("audience", ["members", "tier", "tiers"])
def test_the_way_in_is_a_button_to_exactly_the_tier_it_needs(
    client: Client, lee: User, silver: Tier, gold: Tier, noon: datetime, audience: str
) -> None:
    needed = silver if audience == "members" else gold
    post = post_of(
        gold.creator, noon, audience=audience, tier=gold if audience == "tier" else None, tiers=[gold], teaser="A taste"
    )
    client.force_login(lee)
    with time_machine.travel(noon, tick=False):
        page = client.get(f"/@mika/posts/{post.public_id}/").content.decode()
    assert f"/@mika/tiers/{needed.public_id}/checkout/" in page
    assert page.count("/checkout/") == 1
    assert "A taste" in page
    assert "Secret words" not in page


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"opens_to": "public"}, deeds.OpeningIsHalfSet),
        ({"opens_days": 2}, deeds.OpeningIsHalfSet),
        ({"opens_days": 2, "opens_to": "tier"}, deeds.OpensTierIsMissing),
        ({"opens_days": -2, "opens_to": "public"}, deeds.OpensBeforeItIsOut),
        ({"opens_days": 2, "opens_to": "members"}, deeds.OpensToNobodyNew),
        ({"opens_days": 2, "opens_to": "public", "audience": "public"}, deeds.OpensToNobodyNew),
        ({"audience": "tiers"}, deeds.TiersAreMissing),
    ],
)
def test_what_makes_no_sense_is_refused(
    mika: Creator, noon: datetime, values: dict[str, object], refusal: type[Exception]
) -> None:
    days = values.pop("opens_days", None)
    if isinstance(days, int):
        values["opens_at"] = noon + timedelta(days=days)
    with pytest.raises(refusal):
        post_of(mika, noon, **values)
    assert Post.objects.count() == 0


def test_the_tiers_of_somebody_else_are_refused(noor: Creator, gold: Tier, silver: Tier, noon: datetime) -> None:
    for values in (
        {"audience": "tiers", "tiers": [gold]},
        {"audience": "members", "opens_at": noon + timedelta(days=1), "opens_to": "tier", "opens_tier": silver},
    ):
        with pytest.raises(deeds.TierOfSomebodyElse):
            deeds.write_post(creator=noor, title="T", body="B", now=noon, publish=False, **values)


def test_the_form_says_it_beside_the_field(client: Client, mika: Creator, gold: Tier, noon: datetime) -> None:
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        for values, field in (
            ({"opens_at": "2026-06-01T10:00"}, "opens_at"),
            ({"audience": "tiers"}, "tiers"),
            ({"opens_at": "nonsense"}, "opens_at"),
            ({"opens_to": "aliens"}, "opens_to"),
        ):
            answer = client.post("/studio/posts/new/", FORM | values)
            assert (answer.status_code, field in answer.context["form"].errors) == (422, True), values
        good = FORM | {"audience": "tiers", "tiers": [gold.pk], "opens_at": "2026-06-01T10:00", "opens_to": "public"}
        assert client.post("/studio/posts/new/", good | {"publish": "yes"}).status_code == 302
    post = Post.objects.get()
    assert (post.opens_to, list(post.tiers.all())) == ("public", [gold])
