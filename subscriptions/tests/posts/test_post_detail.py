from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.grants import give_grant, revoke_grant
from subscriptions.actions.posts import write_post
from subscriptions.models import Benefit, Grant, Post, Tier
from subscriptions.prose import chat_parts, render_post


@pytest.fixture(autouse=True)
def at_noon(noon: datetime) -> object:
    with time_machine.travel(noon, tick=False):
        yield


@pytest.fixture
def post(gold: Tier, noon: datetime) -> Post:
    body = "## Secret\n\nThe **recipe** <script>alert(1)</script>"
    return write_post(
        creator=gold.creator,
        title="Recipe",
        teaser="Smells good",
        body=body,
        audience="tier",
        tier=gold,
        now=noon,
        publish=True,
    )


def address(post: Post) -> str:
    return f"/@{post.creator.handle}/posts/{post.public_id}/"


def let_in(fan: User, staff: User, tier: Tier, noon: datetime) -> Grant:
    until = noon + timedelta(days=30)
    return give_grant(fan=fan, kind=Grant.Kind.STAFF, by=staff, reason="Test", now=noon, tier=tier, until=until)


def test_a_member_of_the_tier_reads_it(
    client: Client, sam: User, staff: User, post: Post, gold: Tier, noon: datetime
) -> None:
    let_in(sam, staff, gold, noon)
    client.force_login(sam)
    page = client.get(address(post))
    assert page.status_code == 200
    assert "<strong>recipe</strong>" in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    assert page["Cache-Control"] == "private, no-cache"


def test_others_see_the_teaser_and_the_tier_it_needs(
    client: Client, sam: User, lee: User, staff: User, post: Post, silver: Tier, noon: datetime
) -> None:
    let_in(sam, staff, silver, noon)
    for person, sentence in ((None, "for members of Gold"), (lee, "for members of Gold"), (sam, "below Gold")):
        if person:
            client.force_login(person)
        page = client.get(address(post))
        assert page.status_code == 403
        text = page.content.decode()
        assert "Smells good" in text
        assert sentence in text
        assert "recipe</strong>" not in text


def test_it_closes_when_the_grant_ends_or_is_taken_back(
    client: Client, sam: User, staff: User, post: Post, gold: Tier, noon: datetime
) -> None:
    grant = let_in(sam, staff, gold, noon)
    with time_machine.travel(noon + timedelta(days=29), tick=False):
        client.force_login(sam)
        assert client.get(address(post)).status_code == 200
    with time_machine.travel(noon + timedelta(days=31), tick=False):
        client.force_login(sam)
        assert client.get(address(post)).status_code == 403
    client.force_login(sam)
    revoke_grant(grant=grant, by=staff, reason="By mistake", now=noon)
    assert client.get(address(post)).status_code == 403


def test_a_grant_of_one_benefit_opens_posts_for_all_members(
    client: Client, sam: User, staff: User, gold: Tier, noon: datetime
) -> None:
    content = Benefit.objects.get(kind=Benefit.Kind.CONTENT)
    give_grant(fan=sam, kind=Grant.Kind.COMPLIMENTARY, by=staff, reason="Press", now=noon, benefit=content)
    everyone = write_post(creator=gold.creator, title="All", body="…", audience="members", now=noon, publish=True)
    only_gold = write_post(
        creator=gold.creator, title="Gold", body="…", audience="tier", tier=gold, now=noon, publish=True
    )
    client.force_login(sam)
    assert client.get(address(everyone)).status_code == 200
    assert client.get(address(only_gold)).status_code == 403


def test_a_draft_is_for_its_writer(
    client: Client, mika: Creator, sam: User, staff: User, gold: Tier, noon: datetime
) -> None:
    draft = write_post(creator=mika, title="Draft", body="…", audience="public", now=noon)
    let_in(sam, staff, gold, noon)
    client.force_login(sam)
    assert client.get(address(draft)).status_code == 404
    client.force_login(mika.user)
    assert client.get(address(draft)).status_code == 200
    assert client.post(address(draft)).status_code == 405


def test_emojis_show_in_text_but_not_in_code_or_attributes() -> None:
    emojis = {"wave": "/emojis/x/56.webp"}
    html = render_post('Hi :wave: `:wave:` [a](https://e.org "x > :wave:") :unknown:', emojis)
    assert html.count("<img") == 1
    assert "<code>:wave:</code>" in html
    assert ":unknown:" in html
    assert chat_parts("a :wave:<b>", emojis) == [
        {"text": "a "},
        {"emoji": "wave", "src": "/emojis/x/56.webp"},
        {"text": "<b>"},
    ]
