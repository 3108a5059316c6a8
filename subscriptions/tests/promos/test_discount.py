"""What a code takes off, and who may use it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.testing.cast import person
from subscriptions.actions.promos import add_promo, reserve_use, switch_off_promo
from subscriptions.models import Checkout, PaymentCard, PromoCode, PromoUse, Tier, TierPrice
from subscriptions.queries.persons import mailbox_of
from subscriptions.queries.promos import (
    PromoLeavesTooLittle,
    PromoNotForInterval,
    PromoNotForTier,
    PromoNotYet,
    PromoOver,
    PromoUnknown,
    PromoUsedByYou,
    PromoUsedUp,
    discount_for,
)
from subscriptions.tests.conftest import go_to_checkout

Duration = PromoCode.Duration


@pytest.fixture
def price(gold: Tier) -> TierPrice:
    return gold.prices.get()


def use(promo: PromoCode, fan: User, tier: Tier, now: datetime) -> PromoUse:
    return PromoUse.objects.get(checkout=go_to_checkout(fan, tier, now, code=promo.code))


@pytest.mark.parametrize(
    ("terms", "off", "charges"),
    [
        ({"percent": 25}, 250, 1),
        ({"percent": 33, "duration": "months", "months": 3}, 330, 3),
        ({"percent": 100, "duration": "forever"}, 1_000, None),
        ({"amount_minor": 400}, 400, 1),
        ({"amount_minor": 5_000}, 1_000, 1),
    ],
)
def test_a_code_takes_off_what_it_says(
    sam: User, mika: Creator, price: TierPrice, noon: datetime, terms: dict[str, Any], off: int, charges: int | None
) -> None:
    add_promo(creator=mika, code="spring", now=noon, **terms)
    discount = discount_for(code=" Spring ", fan=sam, price=price, at=noon)
    assert (discount.code, discount.off_minor(price.amount_minor), discount.charges) == ("SPRING", off, charges)
    assert discount.stripe_coupon_id


def test_a_fixed_amount_is_spread_without_losing_a_cent(
    sam: User, mika: Creator, price: TierPrice, noon: datetime
) -> None:
    add_promo(creator=mika, code="SPRING", amount_minor=100, now=noon)
    discount = discount_for(code="SPRING", fan=sam, price=price, at=noon)
    assert discount.spread([333, 333, 334]) == [33, 33, 34]
    assert discount.spread([1, 1, 1]) == [1, 1, 1]


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        ({"percent": 10, "starts_at": timedelta(days=1)}, PromoNotYet),
        ({"percent": 10, "ends_at": timedelta(seconds=0), "starts_at": timedelta(days=-1)}, PromoOver),
        ({"percent": 10, "interval": "year"}, PromoNotForInterval),
        ({"amount_minor": 960}, PromoLeavesTooLittle),
        ({"percent": 10, "most_uses": 0}, PromoUsedUp),
    ],
)
def test_a_code_that_does_not_count_says_why(
    sam: User, mika: Creator, price: TierPrice, noon: datetime, terms: dict[str, Any], refusal: type[Refusal]
) -> None:
    moments = {key: noon + value if isinstance(value, timedelta) else value for key, value in terms.items()}
    add_promo(creator=mika, code="SPRING", now=noon - timedelta(days=2), **moments)
    with pytest.raises(refusal):
        discount_for(code="SPRING", fan=sam, price=price, at=noon)


def test_a_code_is_for_its_tiers_and_its_creator(
    sam: User, mika: Creator, silver: Tier, price: TierPrice, noon: datetime
) -> None:
    promo = add_promo(creator=mika, code="SPRING", percent=10, tiers=[silver], now=noon)
    with pytest.raises(PromoNotForTier):
        discount_for(code="SPRING", fan=sam, price=price, at=noon)
    with pytest.raises(PromoUnknown):
        discount_for(code="AUTUMN", fan=sam, price=price, at=noon)
    switch_off_promo(promo=promo, now=noon)
    with pytest.raises(PromoUnknown):
        discount_for(code="SPRING", fan=sam, price=silver.prices.get(), at=noon)


def test_a_person_uses_a_code_once_under_any_name(
    sam: User, lee: User, mika: Creator, gold: Tier, price: TierPrice, noon: datetime
) -> None:
    promo = add_promo(creator=mika, code="SPRING", percent=10, now=noon)
    use(promo, sam, gold, noon)
    # An attempt of one's own that is still open gives way.
    discount_for(code="SPRING", fan=sam, price=price, at=noon)
    Checkout.objects.update(state=Checkout.State.PAID)
    twin = person("Twin", public_id="twin")
    twin.email = "SAM+second@example.com"
    PaymentCard.objects.create(
        user=lee,
        stripe_id="pm_1",
        fingerprint="same",
        brand="visa",
        last4="4242",
        exp_month=1,
        exp_year=2030,
        seen_at=noon,
    )
    PromoUse.objects.update(fingerprint="same")
    for somebody in (sam, twin, lee):
        with pytest.raises(PromoUsedByYou):
            discount_for(code="SPRING", fan=somebody, price=price, at=noon)


def test_places_come_back_when_an_attempt_runs_out(
    sam: User, lee: User, mika: Creator, gold: Tier, price: TierPrice, noon: datetime
) -> None:
    promo = add_promo(creator=mika, code="SPRING", percent=10, most_uses=1, now=noon)
    first = use(promo, sam, gold, noon)
    with pytest.raises(PromoUsedUp):
        discount_for(code="SPRING", fan=lee, price=price, at=noon)
    Checkout.objects.filter(pk=first.checkout_id).update(state=Checkout.State.EXPIRED)
    assert discount_for(code="SPRING", fan=lee, price=price, at=noon).off_minor(1_000) == 100


def test_reserving_twice_is_one_use(sam: User, mika: Creator, gold: Tier, noon: datetime) -> None:
    promo = add_promo(creator=mika, code="SPRING", percent=10, now=noon)
    first = use(promo, sam, gold, noon)
    discount = discount_for(code="SPRING", fan=sam, price=first.checkout.price, at=noon)
    assert reserve_use(discount=discount, checkout=first.checkout, now=noon) == first


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("Sam@Example.com", "sam@example.com"),
        ("sam+news@example.com", "sam@example.com"),
        ("s.a.m+x@googlemail.com", "sam@gmail.com"),
        ("s.a.m@example.com", "s.a.m@example.com"),
        ("+@example.com", "+@example.com"),
    ],
)
def test_spellings_of_one_mailbox(email: str, mailbox: str) -> None:
    assert mailbox_of(email) == mailbox
