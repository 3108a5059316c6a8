from datetime import datetime

from django.test import Client, RequestFactory
from django.urls import reverse

from portal.accounts.models import Creator
from portal.home import context
from portal.home.locks import locks_of
from portal.home.navigation import side
from portal.programs.models import Enrollment


def test_who_takes_part_has_nothing_locked(mika: Creator, noon: datetime) -> None:
    assert locks_of(mika, noon) == {}


def test_what_is_locked_says_why_and_leads_to_the_rule(client: Client, noor: Creator, noon: datetime) -> None:
    Enrollment.objects.filter(creator=noor).delete()
    locks = locks_of(noor, noon)
    why, more = locks["rewards"]
    assert why == "Followers: 1,200 of 10,000"
    assert more == reverse("program_detail", args=["rewards"])
    links = {link["name"]: link for group in side("creator", "/", locks) for link in group["items"]}
    assert links["reward_overview"]["url"] == more
    assert links["tier_list"]["reason"]
    assert not links["member_list"]["reason"]  # told once a program
    assert not links["earnings"]["locked"]
    client.force_login(noor.user)
    assert why in client.get("/").content.decode()


def test_who_once_took_part_keeps_the_pages(noor: Creator, noon: datetime) -> None:
    Enrollment.objects.filter(creator=noor).delete()
    Enrollment.objects.create(creator=noor, program="rewards", enrolled_at=noon, left_at=noon)
    assert "rewards" not in locks_of(noor, noon)


def test_a_fragment_asks_for_no_frame(rf: RequestFactory) -> None:
    assert not context.frame(rf.get("/"))["nav"]


def test_the_footer_tells_of_the_last_proof(client: Client, db: None, noon: datetime) -> None:
    context._proof_kept[:] = [float("inf"), (noon, True)]
    try:
        assert "Books balanced on 15 May" in client.get("/").content.decode()
        context._proof_kept[:] = [float("inf"), (noon, False)]
        assert "Books do not balance" in client.get("/").content.decode()
    finally:
        context._proof_kept[:] = [0.0, None]
