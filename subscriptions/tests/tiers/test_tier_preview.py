from datetime import datetime

import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from subscriptions.models import Checkout, Tier
from subscriptions.tests.conftest import Join

FORM = {
    "name": "Platinum",
    "amount": "24.99",
    "interval": "month",
    "description": "<b>Close</b>",
    "badge": "PLAT",
    "seats": "5",
    "kinds": ["chat"],
    "promises": "A call once a month",
    "welcome": "Come in.",
}


def test_it_shows_the_tier_as_fans_would_see_it_and_saves_nothing(client: Client, mika: Creator, gold: Tier) -> None:
    client.force_login(mika.user)
    part = client.post("/studio/tiers/preview/", FORM, headers={"HX-Request": "true"}).content.decode()
    whole = client.post("/studio/tiers/preview/", FORM).content.decode()
    for text in (part, whole):
        for shown in ("Platinum", "$24.99", "&lt;b&gt;Close", "A call once a month", "5 places left", "Silver", "Gold"):
            assert shown in text
    assert "<html" in whole and "<html" not in part
    assert 'value="24.99"' in whole and "Come in." in whole
    assert mika.tiers.count() == 2
    changed = FORM | {"tier": gold.public_id, "name": "Golden"}
    text = client.post("/studio/tiers/preview/", changed, headers={"HX-Request": "true"}).content.decode()
    assert "Golden" in text and ">Gold<" not in text


def test_what_is_half_written_is_shown_as_far_as_it_goes(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    wrong = {"name": "", "amount": "abc", "seats": "-1", "kinds": ["nonsense"], "promises": "x" * 401}
    assert client.post("/studio/tiers/preview/", wrong).status_code == 200
    assert client.get("/studio/tiers/preview/").status_code == 405


def test_one_can_start_from_a_template(client: Client, noor: Creator) -> None:
    client.force_login(noor.user)
    assert "Start from Insider" in client.get("/studio/tiers/").content.decode()
    page = client.get("/studio/tiers/new/?from=insider").content.decode()
    assert 'value="9.99"' in page and "Say hello in the chat." in page
    assert client.get("/studio/tiers/new/?from=nonsense").status_code == 200


def test_only_creators(client: Client, sam: User) -> None:
    assert client.post("/studio/tiers/preview/", FORM).status_code == 302
    client.force_login(sam)
    assert client.post("/studio/tiers/preview/", FORM).status_code == 302


def test_new_members_are_welcomed_once_on_the_page_and_by_notice(
    client: Client, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    Tier.objects.filter(pk=gold.pk).update(welcome="Hello & welcome.\nThe chat is open.")
    gold.refresh_from_db()
    join(sam, gold)
    told = Notice.objects.get(kind="subscriptions.welcome")
    assert (told.user, told.subject, told.body) == (
        sam,
        "Welcome to Gold of Mika",
        "Hello & welcome.\nThe chat is open.",
    )
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        page = client.get(f"/me/checkouts/{Checkout.objects.get().public_id}/").content.decode()
    assert "Hello &amp; welcome.<br>The chat is open." in page


def test_the_page_tells_how_many_members_there_are(client: Client, sam: User, gold: Tier, join: Join) -> None:
    assert "member" not in client.get("/@mika/").content.decode().split("@mika")[1][:60]
    join(sam, gold)
    assert "1 member" in client.get("/@mika/").content.decode()
