from datetime import datetime

import pytest
from django.test import Client

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from subscriptions.actions.posts import write_post
from subscriptions.models import Grant, Invoice, Membership, Post, RevenueShare, Tier
from subscriptions.queries.access import perks
from subscriptions.tests.conftest import Join

ADMIN = "/admin/subscriptions"


@pytest.fixture
def office(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def test_every_list_opens(office: Client, sam: User, gold: Tier, join: Join) -> None:
    join(sam, gold)
    for name in (
        "tier", "benefit", "revenueshare", "membership", "checkout", "invoice", "grant", "chargerefund",
        "chargedispute", "post", "emoji", "message", "mute", "room",
    ):  # fmt: skip
        assert office.get(f"{ADMIN}/{name}/").status_code == 200, name
    assert office.get(f"{ADMIN}/membership/{Membership.objects.get().pk}/change/").status_code == 200


def test_staff_open_a_door_and_take_it_back_with_a_reason(
    office: Client, staff: User, sam: User, gold: Tier, noon: datetime
) -> None:
    values = {
        "fan": sam.pk,
        "tier": gold.pk,
        "benefit": "",
        "until_at_0": "",
        "until_at_1": "",
        "reason": "The stream broke",
    }
    assert office.post(f"{ADMIN}/grant/add/", values).status_code == 302
    grant = Grant.objects.get()
    assert (grant.kind, grant.granted_by, grant.reason, grant.creator) == (
        "staff",
        staff,
        "The stream broke",
        gold.creator,
    )
    assert perks(viewer=sam, creator=gold.creator, at=grant.from_at).tier == gold
    path = f"{ADMIN}/grant/{grant.pk}/change/"
    assert office.get(path).status_code == 200
    assert office.post(path, {"revoked_reason": "By mistake"}).status_code == 302
    grant.refresh_from_db()
    assert (grant.revoked_by, grant.revoked_reason) == (staff, "By mistake")


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"tier": ""}, {"fan": ""}])
def test_a_door_without_a_reason_or_a_thing_stays_shut(
    office: Client, sam: User, gold: Tier, wrong: dict[str, str]
) -> None:
    values = {"fan": sam.pk, "tier": gold.pk, "benefit": "", "until_at_0": "", "until_at_1": "", "reason": "Because"}
    assert office.post(f"{ADMIN}/grant/add/", values | wrong).status_code == 200
    assert Grant.objects.count() == 0


def test_a_payment_is_given_back_whole(office: Client, sam: User, gold: Tier, join: Join) -> None:
    join(sam, gold)
    for _twice in range(2):
        office.post(f"{ADMIN}/invoice/", {"action": "give_back", "_selected_action": Invoice.objects.get().pk})
        assert books() == {"expense:stripe_fee:usd": 59, "stripe:usd": -59}


def test_a_share_is_added_as_a_version_and_never_edited(office: Client, shares: None, mika: Creator) -> None:
    values = {"creator": mika.pk, "platform_bp": 3_000, "effective_date": "2026-06-01", "note": "Agreed"}
    for version in (1, 2):
        assert office.post(f"{ADMIN}/revenueshare/add/", values).status_code == 302
        assert RevenueShare.objects.filter(creator=mika, version=version).exists()
    share = RevenueShare.objects.get(creator=None)
    assert office.post(f"{ADMIN}/revenueshare/{share.pk}/change/", values).status_code == 403
    assert office.post(f"{ADMIN}/revenueshare/{share.pk}/delete/", {"post": "yes"}).status_code == 403


def test_money_and_memberships_are_only_looked_at(office: Client, sam: User, gold: Tier, join: Join) -> None:
    membership = join(sam, gold)
    assert office.post(f"{ADMIN}/membership/{membership.pk}/change/", {}).status_code == 403
    assert office.get(f"{ADMIN}/invoice/add/").status_code == 403


def test_a_post_is_taken_back_to_a_draft(office: Client, mika: Creator, noon: datetime) -> None:
    post = write_post(creator=mika, title="Rude", body="…", audience="public", now=noon, publish=True)
    office.post(f"{ADMIN}/post/", {"action": "withdraw", "_selected_action": post.pk})
    assert Post.objects.get().published_at is None


def test_others_stay_outside(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.get(f"{ADMIN}/grant/").status_code == 302
