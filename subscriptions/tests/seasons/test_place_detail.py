"""The fan's side: the window on the creator's page, being told of the next one, and what is owed to whom."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.notices.actions import prefer
from portal.notices.models import Notice
from subscriptions.actions.fulfillment import record_sent
from subscriptions.actions.seasons import set_seasons_only
from subscriptions.models import Checkout, OpeningRequest, Place, Tier
from subscriptions.queries.timeline import timeline
from subscriptions.queries.why import dossier
from subscriptions.tests.conftest import Join, go_to_checkout
from subscriptions.tests.seasons.conftest import BILLING, LAST_MOMENT, LATER, Live, MakeSeason

CLOSED = LAST_MOMENT + timedelta(minutes=1)
SAM = {"name": "Sam Fan", "address": "1 Main Street\nNew York"}


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def look(client: Client, moment: datetime, path: str, form: dict[str, str] | None = None) -> Any:
    with time_machine.travel(moment, tick=False):
        return client.get(path) if form is None else client.post(path, form)


def ask(client: Client, tier: Tier, moment: datetime, told: str = "yes") -> Any:
    return look(client, moment, reverse("opening_request", args=[tier.creator.handle, tier.public_id]), {"told": told})


def test_the_creators_page_says_how_sign_ups_stand(
    client: Client, sam: User, gold: Tier, make_season: MakeSeason, join: Join, noon: datetime
) -> None:
    set_seasons_only(tier=gold, only=True)
    client.force_login(sam)
    closed = text(look(client, noon, "/@mika/"))
    assert "There is no day for the next ones yet" in closed and "Tell me when Gold opens" in closed
    assert "Join Gold" not in closed and "Give Gold" not in closed
    make_season(gold, opens_at=noon + timedelta(days=1), places=1, owes="A print")
    assert "open on May 16" in text(look(client, noon, "/@mika/"))
    later = noon + timedelta(days=1)
    shown = text(look(client, later, "/@mika/"))
    assert "open until May 20" in shown and "1 place left" in shown and "billed on May 31" in shown
    assert "Join Gold" in shown and "You get: A print." in shown
    go_to_checkout(sam, gold, later)
    client.logout()
    full = text(look(client, later, "/@mika/"))
    assert "0 places left" in full and "Full" in full and "Sign in to join Gold" not in full


def test_who_asked_is_told_once_when_it_opens(
    client: Client, sam: User, lee: User, gold: Tier, make_season: MakeSeason, live: Live, noon: datetime
) -> None:
    set_seasons_only(tier=gold, only=True)
    for fan in (sam, lee):
        client.force_login(fan)
        for _twice in range(2):
            assert ask(client, gold, noon).status_code == 302
    assert OpeningRequest.objects.count() == 2
    ask(client, gold, noon, told="no")
    make_season(gold, opens_at=noon + timedelta(days=1))
    live(noon + timedelta(hours=1))
    told = Notice.objects.filter(kind="subscriptions.season_open")
    assert not told.exists()
    for _twice in range(2):
        live(noon + timedelta(days=1))
    assert [notice.user for notice in told] == [sam]
    assert told.get().subject == "Sign-ups for Gold of Mika are open"
    assert "May 20, 2026" in told.get().body


def test_who_does_not_want_to_hear_of_it_does_not(
    client: Client, sam: User, gold: Tier, make_season: MakeSeason, live: Live, noon: datetime
) -> None:
    set_seasons_only(tier=gold, only=True)
    client.force_login(sam)
    ask(client, gold, noon)
    prefer(user=sam, kind="subscriptions.season_open", bell=False, email=False)
    make_season(gold, opens_at=noon + timedelta(days=1))
    live(noon + timedelta(days=1))
    notice = Notice.objects.get(kind="subscriptions.season_open")
    assert (notice.in_bell, notice.by_email) == (False, False)


def test_nobody_waits_for_what_is_open(
    client: Client, sam: User, gold: Tier, make_season: MakeSeason, noon: datetime
) -> None:
    make_season(gold)
    client.force_login(sam)
    ask(client, gold, noon)
    assert not OpeningRequest.objects.exists()
    assert client.get(reverse("opening_request", args=["mika", gold.public_id])).status_code == 405
    client.logout()
    assert ask(client, gold, noon).headers["Location"].startswith("/accounts/login")


def test_a_fan_writes_where_to_and_sees_how_far_it_has_come(
    client: Client,
    sam: User,
    mika: Creator,
    gold: Tier,
    make_season: MakeSeason,
    join: Join,
    live: Live,
    noon: datetime,
) -> None:
    make_season(gold, owes="A parcel", asks="address")
    join(sam, gold)
    client.force_login(sam)
    thanks = text(look(client, noon, f"/me/checkouts/{Checkout.objects.get().public_id}/"))
    assert "Welcome to Mika" in thanks and "Write it now" in thanks
    assert "Something is needed from you" in text(look(client, noon, "/me/memberships/"))
    here = f"/me/places/{Place.objects.get().public_id}/"
    assert "needs this from you" in text(look(client, noon, here))
    for _twice in range(2):
        assert look(client, noon, here, SAM).status_code == 302
    assert look(client, noon, here, {"name": "", "address": ""}).status_code == 422
    live(CLOSED)
    assert "A parcel: on the list, not sent yet." in text(look(client, CLOSED, "/me/memberships/"))
    record_sent(
        fulfillment=Place.objects.get().fulfillment, by=mika.user, sent_on=CLOSED.date(), note="DHL 123", now=CLOSED
    )
    for path in (here, "/me/memberships/"):
        assert "A parcel: sent on May 21, 2026. DHL 123" in text(look(client, CLOSED, path))
    look(client, CLOSED, here, SAM | {"address": "Elsewhere"})
    assert "Elsewhere" not in Place.objects.get().address


def test_who_starts_later_is_told_so(
    client: Client, sam: User, gold: Tier, make_season: MakeSeason, join: Join, live: Live, noon: datetime
) -> None:
    make_season(gold, first_period=LATER)
    join(sam, gold)
    client.force_login(sam)
    thanks = text(look(client, noon, f"/me/checkouts/{Checkout.objects.get().public_id}/"))
    assert "On May 31, 2026 you pay" in thanks and "and Gold opens." in thanks
    assert "on the billing day" in text(look(client, noon, f"/me/places/{Place.objects.get().public_id}/"))
    listed = text(look(client, noon, "/me/memberships/"))
    assert "starts on May 31" in listed and "Change plan" not in listed
    assert "the billing day of your season" in text(look(client, noon, "/me/calendar/"))


def test_the_season_is_named_where_it_is_the_reason(
    sam: User, gold: Tier, make_season: MakeSeason, join: Join, live: Live, noon: datetime
) -> None:
    make_season(gold)
    membership = join(sam, gold)
    told = [str(line.title) for line in timeline(membership=membership)]
    assert "Took a place in the season “Winter box”" in told
    moments = dossier(fan=sam, creator=gold.creator, at=noon, receipts=False).moments
    assert [moment.reason for moment in moments] == ["paid, in the season “Winter box”"]
    live(BILLING + timedelta(hours=2))
    assert membership.fan.grants.filter(reason="Winter box").count() == 1


def test_a_place_is_seen_by_nobody_else(
    client: Client, sam: User, lee: User, gold: Tier, make_season: MakeSeason, join: Join, noon: datetime
) -> None:
    make_season(gold, owes="A parcel", asks="address")
    join(sam, gold)
    here = f"/me/places/{Place.objects.get().public_id}/"
    assert client.get(here).status_code == 302
    client.force_login(lee)
    assert (client.get(here).status_code, client.post(here, SAM).status_code) == (404, 404)
    assert Place.objects.get().address == ""
    client.force_login(sam)
    assert client.delete(here).status_code == 405


@pytest.mark.parametrize("path", ["season", "place", "fulfillment", "dispatch", "openingrequest"])
def test_staff_look_and_change_nothing(
    client: Client, sam: User, staff: User, gold: Tier, make_season: MakeSeason, join: Join, live: Live, path: str
) -> None:
    make_season(gold, owes="A print")
    join(sam, gold)
    live(CLOSED)
    client.force_login(staff)
    base = f"/admin/subscriptions/{path}/"
    assert client.get(base).status_code == 200
    assert client.get(base + "add/").status_code == 403
