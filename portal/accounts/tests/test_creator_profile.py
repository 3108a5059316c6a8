from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User

GOOD = {"display_name": "Mika cooks", "region": "GB", "languages": ["en"], "intro": "Soup.", "accent": "plum"}


def test_a_creator_changes_what_fans_see(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    assert client.get(reverse("creator_profile")).status_code == 200
    for _time in range(2):
        assert client.post(reverse("creator_profile"), GOOD | {"handle": "other"}).status_code == 302
    mika.refresh_from_db()
    assert (mika.display_name, mika.region, mika.accent, mika.handle) == ("Mika cooks", "GB", "plum", "mika")


def test_who_is_no_creator_is_sent_to_become_one(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.get(reverse("creator_profile"))["Location"] == reverse("become_creator")


def test_bad_answers_change_nothing(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    answer = client.post(reverse("creator_profile"), GOOD | {"accent": "neon", "region": "ZZ"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"accent", "region"}
    mika.refresh_from_db()
    assert mika.region == "US"


def test_other_methods_are_refused(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    assert client.delete(reverse("creator_profile")).status_code == 405
