"""Making a link: its receipt is frozen, and what is in the way is said."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from shop.actions.catalog import ChangeIsComing, RateOutOfRange, change_rate, delist_product, offer_target_plan
from shop.actions.links import (
    ProductNotListed,
    ProductNotOpen,
    ShopNotJoined,
    add_to_showcase,
    create_link,
    remove_from_showcase,
)
from shop.models import CommissionPlan, Link, Product, ShowcaseItem
from shop.queries.links import rate_at

DAY = timedelta(days=1)


@pytest.fixture
def plan(lamp: Product) -> CommissionPlan:
    return lamp.plans.get(kind=CommissionPlan.Kind.OPEN)


def test_link_freezes_its_receipt(mika: Creator, lamp: Product, plan: CommissionPlan, noon: datetime) -> None:
    link = create_link(creator=mika, product=lamp, now=noon)
    assert (link.rate_bp, link.window_days, link.locked_until) == (1_000, 7, noon + 30 * DAY)
    assert link.plan_version == plan.versions.get()


def test_second_link_is_the_first(mika: Creator, lamp: Product, noon: datetime) -> None:
    first = create_link(creator=mika, product=lamp, now=noon)
    assert create_link(creator=mika, product=lamp, now=noon + DAY) == first


def test_raise_counts_at_once(link: Link, plan: CommissionPlan, noon: datetime) -> None:
    change_rate(plan=plan, rate_bp=1_500, now=noon)
    assert rate_at(link, noon) == 1_500
    assert rate_at(link, noon - DAY) == 1_000
    notice = Notice.objects.get(kind="shop.rate_changed")
    assert "15%" in notice.body


def test_cut_waits_for_its_notice_and_for_the_lock(link: Link, plan: CommissionPlan, noon: datetime) -> None:
    version = change_rate(plan=plan, rate_bp=500, now=noon)
    assert version.valid_from == noon + 2 * DAY
    # The link was made 20 days ago: ten days of its lock are left.
    assert rate_at(link, noon + 9 * DAY) == 1_000
    assert rate_at(link, link.locked_until - timedelta(seconds=1)) == 1_000
    assert rate_at(link, link.locked_until) == 500


def test_new_link_after_the_cut_gets_the_new_rate(
    mika: Creator, lamp: Product, plan: CommissionPlan, noon: datetime
) -> None:
    change_rate(plan=plan, rate_bp=500, now=noon)
    assert create_link(creator=mika, product=lamp, now=noon + 2 * DAY).rate_bp == 500


def test_second_cut_waits_and_a_raise_takes_the_first_back(link: Link, plan: CommissionPlan, noon: datetime) -> None:
    change_rate(plan=plan, rate_bp=500, now=noon)
    with pytest.raises(ChangeIsComing):
        change_rate(plan=plan, rate_bp=400, now=noon + DAY)
    change_rate(plan=plan, rate_bp=1_200, now=noon + DAY)
    assert rate_at(link, noon + 60 * DAY) == 1_200


def test_same_rate_again_changes_nothing(plan: CommissionPlan, noon: datetime) -> None:
    change_rate(plan=plan, rate_bp=1_000, now=noon)
    assert plan.versions.count() == 1


@pytest.mark.parametrize("rate_bp", [99, 8_001, 0, -5])
def test_rates_stay_between_1_and_80_percent(plan: CommissionPlan, noon: datetime, rate_bp: int) -> None:
    with pytest.raises(RateOutOfRange):
        change_rate(plan=plan, rate_bp=rate_bp, now=noon)


def test_creator_gets_the_better_of_both_plans(mika: Creator, lamp: Product, noon: datetime) -> None:
    offer_target_plan(product=lamp, creator=mika, rate_bp=800, now=noon)
    link = create_link(creator=mika, product=lamp, now=noon)
    assert link.rate_bp == 1_000
    offer_target_plan(product=lamp, creator=mika, rate_bp=2_000, now=noon + DAY)
    assert rate_at(link, noon + DAY) == 2_000


def test_who_is_not_in_the_program_cannot_link(noor: Creator, lamp: Product, noon: datetime) -> None:
    with pytest.raises(ShopNotJoined):
        create_link(creator=noor, product=lamp, now=noon)


def test_closed_region_and_delisted_product_say_why(
    mika: Creator, lamp: Product, vase: Product, noon: datetime
) -> None:
    mika.region = "JP"
    with pytest.raises(ProductNotOpen, match="Lamp is not open to creators in Japan"):
        create_link(creator=mika, product=lamp, now=noon)
    delist_product(product=vase, now=noon)
    vase.refresh_from_db()
    with pytest.raises(ProductNotListed):
        create_link(creator=mika, product=vase, now=noon)


def test_showcase_shows_once_and_hides(mika: Creator, lamp: Product, noon: datetime) -> None:
    for _turn in range(2):
        add_to_showcase(creator=mika, product=lamp, now=noon)
    assert ShowcaseItem.objects.filter(removed_at=None).count() == 1
    for _turn in range(2):
        remove_from_showcase(creator=mika, product=lamp, now=noon)
    assert ShowcaseItem.objects.filter(removed_at=None).count() == 0
    assert Link.objects.live(noon).count() == 1


def test_button_makes_the_link_and_shows_the_product(mika_in: Client, lamp: Product) -> None:
    path = reverse("product_link", args=[lamp.public_id])
    assert mika_in.post(path).status_code == 302
    assert Link.objects.count() == 1
    mika_in.post(path, {"show": "1"})
    assert ShowcaseItem.objects.filter(removed_at=None).count() == 1
    mika_in.post(path, {"hide": "1"})
    assert ShowcaseItem.objects.filter(removed_at=None).count() == 0


def test_refusal_is_told_on_the_page(client: Client, noor: Creator, lamp: Product) -> None:
    client.force_login(noor.user)
    answer = client.post(reverse("product_link", args=[lamp.public_id]), follow=True)
    assert "Join the shop program first" in answer.content.decode()


def test_only_creators_make_links(client: Client, sam: User, lamp: Product) -> None:
    path = reverse("product_link", args=[lamp.public_id])
    assert client.post(path).url.startswith("/accounts/login/")  # type: ignore[attr-defined]
    client.force_login(sam)
    client.post(path)
    assert Link.objects.count() == 0


def test_reading_makes_no_link(mika_in: Client, lamp: Product) -> None:
    assert mika_in.get(reverse("product_link", args=[lamp.public_id])).status_code == 405
