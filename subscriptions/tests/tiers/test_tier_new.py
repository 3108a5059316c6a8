from datetime import datetime

import pytest
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.tiers import RankIsTaken, TooManyTiers, add_tier, ensure_benefit
from subscriptions.models import Benefit, Tier, TierPrice

FORM = {"name": "Gold", "amount": "4.99", "interval": "month", "kinds": ["content", "chat"], "badge": "GOLD"}


def test_a_tier_is_a_draft_with_its_first_price(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    promises = "A call a month\nA call a month\nMy recipes"
    response = client.post(
        "/studio/tiers/new/", FORM | {"promises": promises, "description": "All of it", "seats": "20"}
    )
    assert (response.status_code, response["Location"]) == (302, "/studio/tiers/")
    tier = Tier.objects.get()
    assert (tier.creator, tier.rank, tier.badge, tier.seats, tier.published_at) == (mika, 1, "GOLD", 20, None)
    price = TierPrice.objects.get()
    assert (price.amount_minor, price.currency, price.interval, price.version) == (499, "usd", "month", 1)
    titles = list(tier.benefits.values_list("kind", "title"))
    assert len(titles) == 4
    assert ("custom", "My recipes") in titles


def test_the_next_tier_goes_on_top_until_there_are_three(mika: Creator, noon: datetime) -> None:
    ranks = [add_tier(creator=mika, name=f"{n}", amount_minor=500, now=noon).rank for n in range(3)]
    assert ranks == [1, 2, 3]
    with pytest.raises(TooManyTiers):
        add_tier(creator=mika, name="4", amount_minor=500, now=noon)


def test_two_tiers_do_not_stand_on_one_step(mika: Creator, noon: datetime) -> None:
    add_tier(creator=mika, name="One", amount_minor=500, now=noon, rank=2)
    with pytest.raises(RankIsTaken):
        add_tier(creator=mika, name="Two", amount_minor=500, now=noon, rank=2)


def test_a_typed_benefit_exists_once(mika: Creator) -> None:
    chat = ensure_benefit(creator=mika, kind=Benefit.Kind.CHAT, title="Chat")
    assert ensure_benefit(creator=mika, kind=Benefit.Kind.CHAT, title="Another word") == chat


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "lots"),
        ("amount", "4.999"),
        ("amount", "0.50"),
        ("amount", "-3"),
        ("amount", "99999999"),
        ("amount", "NaN"),
        ("name", ""),
        ("name", "x" * 41),
        ("badge", "too long for it"),
        ("seats", "0"),
        ("kinds", ["everything"]),
        ("promises", "x" * 81),
        ("interval", "week"),
    ],
)
def test_bad_input_is_told_beside_the_field(client: Client, mika: Creator, field: str, value: object) -> None:
    client.force_login(mika.user)
    response = client.post("/studio/tiers/new/", FORM | {field: value})
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert Tier.objects.count() == 0


def test_only_creators(client: Client, sam: User) -> None:
    assert client.get("/studio/tiers/new/")["Location"].startswith("/accounts/login/")
    client.force_login(sam)
    assert client.post("/studio/tiers/new/", FORM).status_code == 302
    assert Tier.objects.count() == 0
