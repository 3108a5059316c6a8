from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from subscriptions.actions.members import (
    MOST_AT_ONCE,
    NobodyChosen,
    NotYoursToTakeBack,
    NotYourTier,
    OwnAccess,
    TooManyChosen,
    give_complimentary,
    take_back,
)
from subscriptions.models import Grant, Tier
from subscriptions.queries.access import perks
from subscriptions.tests.conftest import Join


def test_chosen_members_are_let_in_once_and_told(
    client: Client, mika: Creator, sam: User, lee: User, silver: Tier, gold: Tier, join: Join, noon: datetime
) -> None:
    rows = [join(fan, silver) for fan in (sam, lee)]
    client.force_login(mika.user)
    form = {"chosen": [row.pk for row in rows], "tier": gold.pk, "reason": "Thanks", "until": "2026-06-30", "key": "k1"}
    with time_machine.travel(noon, tick=False):
        for _twice in range(2):
            assert client.post(reverse("member_gift"), form).status_code == 302
        page = client.get("/studio/members/given/").content.decode()
    given = Grant.objects.filter(kind="complimentary")
    assert {grant.fan for grant in given} == {sam, lee} and given.count() == 2
    assert perks(viewer=sam, creator=mika, at=noon + timedelta(days=40)).tier == gold
    assert perks(viewer=sam, creator=mika, at=noon + timedelta(days=47)).tier is None
    assert "Thanks" in page and "Lee" in page
    assert Notice.objects.filter(kind="subscriptions.given").count() == 2


def test_another_creator_is_named_by_handle_and_loses_it_again(
    client: Client, mika: Creator, noor: Creator, gold: Tier, noon: datetime
) -> None:
    client.force_login(mika.user)
    form = {"handle": "@Noor", "tier": gold.pk, "reason": "Guest", "until": "", "key": "k2"}
    assert client.post("/studio/members/given/", form).status_code == 302
    grant = Grant.objects.get(kind="complimentary")
    assert grant.fan == noor.user and grant.until_at is None
    path = f"/studio/members/given/{grant.pk}/revocation/"
    assert b"loses what this opens" in client.get(path).content
    assert client.post(path, {"reason": ""}).status_code == 422
    assert client.post(path, {"reason": "The guest month is over"}).status_code == 302
    assert client.post(path, {"reason": "Again"}).status_code == 302
    grant.refresh_from_db()
    assert (grant.revoked_by, grant.revoked_reason) == (mika.user, "The guest month is over")
    assert not perks(viewer=noor.user, creator=mika, at=noon + timedelta(days=400)).is_member


def test_it_is_refused_with_a_reason(mika: Creator, noor: Creator, sam: User, gold: Tier, noon: datetime) -> None:
    values: dict[str, object] = {"tier": gold, "reason": "x", "until": None, "now": noon, "key": "k"}
    with pytest.raises(NobodyChosen):
        give_complimentary(creator=mika, fans=[], **values)
    with pytest.raises(NotYourTier):
        give_complimentary(creator=noor, fans=[sam], **values)
    with pytest.raises(OwnAccess):
        give_complimentary(creator=mika, fans=[sam, mika.user], **values)
    with pytest.raises(TooManyChosen):
        give_complimentary(creator=mika, fans=[User(pk=n + 1_000) for n in range(MOST_AT_ONCE + 1)], **values)
    assert not Grant.objects.exists()


def test_only_what_the_creator_gave_can_be_taken_back(
    mika: Creator, noor: Creator, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    paid = Grant.objects.get(kind="paid")
    with pytest.raises(NotYoursToTakeBack):
        take_back(creator=mika, grant=paid, reason="x", now=noon)
    (given,) = give_complimentary(creator=mika, fans=[sam], tier=gold, reason="x", until=None, now=noon, key="k")
    with pytest.raises(NotYoursToTakeBack):
        take_back(creator=noor, grant=given, reason="x", now=noon)


def test_bad_input_and_strangers(
    client: Client, mika: Creator, noor: Creator, sam: User, gold: Tier, join: Join
) -> None:
    row = join(sam, gold)
    bad = {"handle": "@nobody", "tier": gold.pk, "reason": "x", "until": "2001-01-01", "key": "k"}
    client.force_login(mika.user)
    assert client.post("/studio/members/given/", bad).status_code == 422
    client.post(reverse("member_gift"), {"chosen": [row.pk, "x", "9" * 30], "tier": gold.pk, "reason": "", "key": "k"})
    client.force_login(noor.user)
    client.post(reverse("member_gift"), {"chosen": [row.pk], "tier": gold.pk, "reason": "x", "key": "k"})
    assert not Grant.objects.filter(kind="complimentary").exists()
    assert client.get(reverse("member_gift")).status_code == 405
    client.force_login(sam)
    assert client.post(reverse("member_gift"), {}).status_code == 302
    assert client.get("/studio/members/given/").status_code == 302
