from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator


def apply(client: Client, program: str, message: str = "") -> str:
    answer = client.post(reverse("program_apply", args=[program]), {"message": message}, follow=True)
    return answer.content.decode()


def test_an_application_is_sent_once(noors: Client, grown_in_brazil: Creator) -> None:
    assert "Your application is with us." in apply(noors, "subscriptions", "I teach repair.")
    apply(noors, "subscriptions", "Again.")
    sent = grown_in_brazil.applications.get()
    assert (sent.message, sent.inputs["followers"], sent.policy.version) == ("I teach repair.", 20_000, 2)
    assert "Application sent" in noors.get(reverse("program_overview")).content.decode()


def test_who_misses_the_rule_reads_why_not(noors: Client, noor: Creator) -> None:
    assert "Not every requirement" in apply(noors, "rewards")
    assert not noor.applications.exists()


def test_a_message_that_is_too_long_is_refused(noors: Client, grown_in_brazil: Creator) -> None:
    assert "at most 500 letters" in apply(noors, "subscriptions", "x" * 501)
    assert not grown_in_brazil.applications.exists()


def test_it_is_asked_by_post(noors: Client) -> None:
    assert noors.get(reverse("program_apply", args=["shop"])).status_code == 405
