from django.test import Client
from django.urls import reverse

from portal.accounts.models import User


def test_a_stranger_reads_on_in_another_language(db: None, client: Client) -> None:
    answer = client.post(reverse("choose_language"), {"language": "ar", "next": reverse("program_rules")})
    assert answer["Location"] == reverse("program_rules")
    page = client.get(reverse("account_login"))
    assert page.headers["Content-Language"] == "ar"
    assert 'dir="rtl"' in page.content.decode()


def test_a_person_keeps_it_on_every_device(client: Client, sam: User) -> None:
    client.force_login(sam)
    client.post(reverse("choose_language"), {"language": "es"})
    elsewhere = Client()
    elsewhere.force_login(sam)
    assert elsewhere.get(reverse("settings")).headers["Content-Language"] == "es"


def test_one_persons_language_does_not_stay_for_the_next_request(client: Client, sam: User) -> None:
    User.objects.filter(pk=sam.pk).update(language="es", time_zone="Asia/Tokyo")
    client.force_login(sam)
    client.get(reverse("settings"))
    assert Client().get(reverse("account_login")).headers["Content-Language"] == "en"


def test_an_unknown_language_changes_nothing(client: Client, sam: User) -> None:
    client.force_login(sam)
    client.post(reverse("choose_language"), {"language": "xx"})
    sam.refresh_from_db()
    assert sam.language == "en"


def test_it_does_not_send_people_to_strangers(db: None, client: Client) -> None:
    answer = client.post(reverse("choose_language"), {"language": "es", "next": "https://evil.example/"})
    assert answer["Location"] == reverse("home")


def test_it_is_asked_by_post(db: None, client: Client) -> None:
    assert client.get(reverse("choose_language")).status_code == 405
