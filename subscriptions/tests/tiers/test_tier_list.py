from datetime import datetime

import pytest
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.tiers import add_tier, ensure_benefit
from subscriptions.models import Tier
from subscriptions.queries.tiers import offers


def test_a_higher_tier_contains_the_lower(silver: Tier, gold: Tier, noon: datetime) -> None:
    low, high = offers(creator=gold.creator, at=noon)
    assert {benefit.kind for benefit in low.benefits} == {"badge", "content"}
    assert {benefit.kind for benefit in high.benefits} == {"badge", "content", "chat", "emojis"}


def test_it_shows_drafts_to_their_creator(client: Client, mika: Creator, gold: Tier, noon: datetime) -> None:
    add_tier(creator=mika, name="Secret", amount_minor=500, now=noon)
    client.force_login(mika.user)
    page = client.get("/studio/tiers/").content.decode()
    assert "Secret" in page
    assert "Draft" in page
    assert "Secret" not in client.get(f"/@{mika.handle}/").content.decode()


def test_only_creators(client: Client, sam: User, noor: Creator) -> None:
    assert client.get("/studio/tiers/").status_code == 302
    client.force_login(noor.user)
    assert b"No tier yet" in client.get("/studio/tiers/").content
    assert client.post("/studio/tiers/").status_code == 405


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(
    mika: Creator, noon: datetime, count: int, django_assert_num_queries: object
) -> None:
    benefit = ensure_benefit(creator=mika, kind="chat", title="Chat")
    for n in range(count):
        add_tier(creator=mika, name=f"{n}", amount_minor=500, now=noon, benefits=[benefit])
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert len(offers(creator=mika, at=noon, drafts=True)) == count
