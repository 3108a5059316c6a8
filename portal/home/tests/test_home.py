from datetime import datetime

from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.home.navigation import BOTTOM, DEMO_FOOT, FOOT, SIDE
from portal.home.queries import checklist, creator_home, staff_home
from portal.ledger.actions import post, prove_books
from portal.ledger.chart import bank, creator_available
from portal.programs.models import Program
from portal.programs.queries import standing


def test_strangers_see_what_this_is(db: None, client: Client) -> None:
    page = client.get("/").content.decode()
    assert "Every number explains itself." in page
    assert reverse("account_signup") in page
    assert "side-nav" not in page


def test_a_creator_sees_their_money_with_its_reason(client: Client, mika: Creator, noon: datetime) -> None:
    post(
        key="gift:1",
        kind="gift",
        lines={bank("usd"): 12_300, creator_available("mika", "usd"): -12_300},
        at=noon,
    )
    client.force_login(mika.user)
    page = client.get("/").content.decode()
    assert "Hello, Mika" in page
    assert "$123.00" in page
    assert "You have not told us yet where to pay you." in page


def test_the_checklist_is_ticked_from_the_rows(mika: Creator, noon: datetime) -> None:
    standings = [standing(creator=mika, program=program, on=noon.date(), now=noon) for program in Program]
    done = {str(step.label): step.done for step in checklist(mika, standings, has_links=False)}
    assert done == {
        "Say who you are to your fans": False,
        "Join a program": True,
        "Publish a tier": False,
        "Write a post": False,
        "Take a shop link": False,
        "Say where to pay you": False,
    }
    assert creator_home(mika, noon)["steps_done"] == 1


def test_a_fan_sees_that_nothing_is_charged(client: Client, lee: User) -> None:
    client.force_login(lee)
    page = client.get("/").content.decode()
    assert "nothing is charged" in page
    assert "Become a creator" in page


def test_staff_see_what_waits_and_whether_the_books_hold(client: Client, staff: User, noon: datetime) -> None:
    prove_books(now=noon)
    client.force_login(staff)
    page = client.get("/").content.decode()
    assert "They hold" in page
    assert [queue.count for queue in staff_home(noon)["queues"]] == [0] * 8


def test_one_person_in_two_roles_switches(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    assert "Your money" in client.get("/").content.decode()
    client.post(reverse("switch_role"), {"role": "fan"})
    assert "Your money" not in client.get("/").content.decode()
    client.post(reverse("switch_role"), {"role": "staff"})
    assert "What waits for somebody" not in client.get("/").content.decode()


def test_every_place_of_the_navigation_exists() -> None:
    places = [place for groups in SIDE.values() for group in groups for place in group.places]
    assert all(reverse(place.name) for place in (*places, *FOOT, *DEMO_FOOT))
    for role, names in BOTTOM.items():
        assert set(names) <= {place.name for group in SIDE[role] for place in group.places}
        assert len(names) <= 5


def test_only_looking(db: None, client: Client) -> None:
    assert client.post("/").status_code == 405
