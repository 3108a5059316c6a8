"""Every address of every medium, for everybody: who may have it is asked at that moment."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.grants import revoke_grant
from subscriptions.actions.media import add_captions, add_media
from subscriptions.actions.posts import withdraw_post
from subscriptions.links import signed_address
from subscriptions.models import Media, Post, Tier
from subscriptions.tests.posts.conftest import LetIn
from subscriptions.tests.posts.things import CAPTIONS, picture, post_of, upload, video

WHO = ("stranger", "fan without grant", "lapsed", "lower tier", "member", "owner", "staff")
ADDRESSES = ("picture", "picture file", "video", "captions", "file")


@pytest.fixture
def post(gold: Tier, noon: datetime) -> Post:
    post = post_of(gold.creator, noon, audience="tier", tier=gold)
    add_media(post=post, file=upload(picture(), "pan.jpg"), now=noon)
    film = add_media(post=post, file=upload(video(), "film.webm"), now=noon)
    add_captions(media=film, language="en", label="English", file=upload(CAPTIONS, "en.vtt"), now=noon)
    add_media(post=post, file=upload(b"%PDF-1.7 a recipe", "recipe.pdf"), now=noon)
    return post


@pytest.fixture
def person(
    sam: User, lee: User, mika: Creator, staff: User, silver: Tier, gold: Tier, let_in: LetIn, noon: datetime
) -> Callable[[str], User | None]:
    def find(who: str) -> User | None:
        if who == "lapsed":
            let_in(sam, gold, until=noon + timedelta(minutes=1))
        if who == "lower tier":
            let_in(sam, silver)
        if who == "member":
            let_in(sam, gold)
        people = {"stranger": None, "fan without grant": lee, "owner": mika.user, "staff": staff}
        return people.get(who, sam)

    return find


def address(post: Post, what: str) -> str:
    media = {one.kind: one for one in post.media.all()}
    return {
        "picture": f"/media/{media['picture'].public_id}/960/",
        "picture file": f"/media/{media['picture'].public_id}/",
        "video": f"/media/{media['video'].public_id}/",
        "captions": f"/media/{media['video'].public_id}/captions/en.vtt",
        "file": f"/media/{media['file'].public_id}/",
    }[what]


@pytest.mark.parametrize("who", WHO)
def test_the_access_matrix(
    client: Client, post: Post, person: Callable[[str], User | None], noon: datetime, who: str
) -> None:
    if somebody := person(who):
        client.force_login(somebody)
    with time_machine.travel(noon + timedelta(minutes=5), tick=False):
        for what in ADDRESSES:
            for method in (client.get, client.head):
                answer = method(address(post, what), follow=True)
                assert answer.status_code == (200 if who in ("member", "owner") else 403), (who, what)
                assert answer["Cache-Control"] == "private, no-store", (who, what)
                if answer.status_code == 403:
                    assert not answer.streaming


def test_staff_open_it_with_a_grant_that_says_why(
    client: Client, staff: User, post: Post, gold: Tier, let_in: LetIn, noon: datetime
) -> None:
    let_in(staff, gold)
    client.force_login(staff)
    with time_machine.travel(noon, tick=False):
        assert client.get(address(post, "file"), follow=True).status_code == 200


def test_a_door_that_closes_closes_its_media_at_once(
    client: Client, sam: User, staff: User, post: Post, gold: Tier, let_in: LetIn, noon: datetime
) -> None:
    grant = let_in(sam, gold)
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        signed = client.get(address(post, "video"))["Location"]
        assert client.get(signed).status_code == 200
        revoke_grant(grant=grant, by=staff, reason="By mistake", now=noon)
        assert client.get(signed).status_code == 403
        assert client.get(address(post, "picture")).status_code == 403


def test_a_signed_address_is_for_one_viewer_and_six_hours(
    client: Client, sam: User, lee: User, post: Post, gold: Tier, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, gold)
    let_in(lee, gold)
    media = Media.objects.get(kind="video")
    signed = signed_address(media=media, viewer=sam, now=noon)
    for moment, who, status in (
        (noon, sam, 200),
        (noon + timedelta(hours=6), sam, 200),
        (noon + timedelta(hours=7), sam, 403),
        (noon, lee, 403),
        (noon, None, 403),
    ):
        client.logout()
        with time_machine.travel(moment, tick=False):
            if who:
                client.force_login(who)
            assert client.get(signed).status_code == status, (moment, who)
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        other = Media.objects.get(kind="file")
        stolen = signed.replace(media.public_id, other.public_id)
        for bad in (signed[:-1] + "x", signed.replace("until=", "until=9"), stolen, f"{media.address}?key=x&until=١٢"):
            assert client.get(bad).status_code == 403
        fresh = client.get(media.address)
        assert (fresh.status_code, fresh["Cache-Control"]) == (302, "private, no-store")


def test_drafts_and_withdrawn_posts_hide_their_media(
    client: Client, sam: User, mika: Creator, post: Post, gold: Tier, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, gold)
    withdraw_post(post=post)
    with time_machine.travel(noon, tick=False):
        client.force_login(sam)
        assert client.get(address(post, "picture")).status_code == 404
        client.force_login(mika.user)
        assert client.get(address(post, "picture")).status_code == 200


def test_media_of_public_posts_are_for_everybody_and_kept_for_minutes(
    client: Client, mika: Creator, noon: datetime
) -> None:
    post = post_of(mika, noon, audience="public")
    media = add_media(post=post, file=upload(b"%PDF-1.7 menu", "menu.pdf"), now=noon)
    with time_machine.travel(noon, tick=False):
        answer = client.get(media.address, follow=True)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, max-age=300")


def test_only_get_and_head(client: Client, post: Post) -> None:
    for what in ("picture", "video", "captions"):
        assert client.post(address(post, what)).status_code == 405
    assert client.get("/media/nothing/").status_code == 404
    client.force_login(post.creator.user)
    assert client.get(address(post, "picture").replace("960", "961")).status_code == 404
