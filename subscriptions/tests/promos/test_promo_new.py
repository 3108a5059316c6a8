from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.payments.gateway import client as provider
from portal.sandbox.engine import Sandbox
from subscriptions.models import PromoCode, Tier
from subscriptions.tasks import sweep_offers

ADDRESS = "/studio/codes/new/"
SPRING = {"code": " spring ", "percent": "25", "amount": "", "duration": "once", "most_per_person": "1"}


@pytest.fixture
def studio(client: Client, mika: Creator) -> Client:
    client.force_login(mika.user)
    return client


def test_a_code_is_made_and_known_to_the_provider(studio: Client, gold: Tier, noon: datetime) -> None:
    form = {**SPRING, "tiers": [gold.pk], "ends_on": "2026-06-30", "most_uses": "50"}
    with time_machine.travel(noon, tick=False):
        assert b"Its terms are fixed" in studio.get(ADDRESS).content
        assert studio.post(ADDRESS, form).status_code == 302
    promo = PromoCode.objects.get()
    assert (promo.code, promo.percent, promo.most_uses, list(promo.tiers.all())) == ("SPRING", 25, 50, [gold])
    assert promo.ends_at is not None and promo.ends_at.isoformat().startswith("2026-06-30T23:59:59")
    coupon = provider().v1.coupons.retrieve(promo.stripe_coupon_id)
    assert (coupon.percent_off, coupon.duration, coupon.max_redemptions) == (25, "once", None)


def test_the_same_word_twice_is_refused(studio: Client, gold: Tier, noon: datetime) -> None:
    with time_machine.travel(noon, tick=False):
        assert [studio.post(ADDRESS, SPRING).status_code for _twice in range(2)] == [302, 422]
    assert PromoCode.objects.count() == 1


def test_a_silent_provider_is_asked_again(box: Sandbox, studio: Client, gold: Tier, noon: datetime) -> None:
    box.faults.add("server_error", path="/v1/coupons")
    with time_machine.travel(noon, tick=False):
        assert studio.post(ADDRESS, SPRING).status_code == 422
        assert PromoCode.objects.get().stripe_coupon_id == ""
        sweep_offers()
    assert PromoCode.objects.get().stripe_coupon_id


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"percent": ""}, "which amount"),
        ({"amount": "3"}, "which amount"),
        ({"percent": "101"}, "100"),
        ({"code": "a b"}, "3 to 24"),
        ({"duration": "months"}, "how many months"),
        ({"starts_on": "2026-07-02", "ends_on": "2026-07-01"}, "ends after it begins"),
        ({"most_per_person": "0"}, "1"),
    ],
)
def test_bad_terms_are_told_beside_their_field(studio: Client, gold: Tier, wrong: dict[str, str], words: str) -> None:
    answer = studio.post(ADDRESS, SPRING | wrong)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not PromoCode.objects.exists()


def test_only_creators_make_codes(client: Client, sam: User) -> None:
    assert client.get(ADDRESS).status_code == 302
    client.force_login(sam)
    assert client.post(ADDRESS, SPRING).status_code == 302
    assert not PromoCode.objects.exists()


def test_who_may_not_sell_makes_no_code(client: Client, noor: Creator) -> None:
    client.force_login(noor.user)
    assert client.post(ADDRESS, SPRING).status_code == 422
    assert not PromoCode.objects.exists()


def test_other_methods_are_refused(studio: Client) -> None:
    assert studio.put(ADDRESS).status_code == 405
