"""Sign-up and sign-in are allauth's; these tests hold that it is switched on as the portal promises."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.notices.models import OutboxEmail

ANSWERS = {"email": "new@example.com", "password1": "correct horse battery", "name": "Nia", "country": "DE"}


def newest_code(to: str) -> str:
    mail = OutboxEmail.objects.filter(to=to).first()
    assert mail is not None
    found = re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", mail.text, re.MULTILINE)
    assert found, mail.text
    assert mail.html.count(found[1]) == 1
    return found[1]


@pytest.mark.django_db
def test_sign_up_by_a_code_from_the_outbox(client: Client) -> None:
    asked = client.post(reverse("account_signup"), ANSWERS)
    assert asked["Location"] == reverse("account_email_verification_sent")
    assert client.get(reverse("settings")).status_code == 302
    done = client.post(asked["Location"], {"code": newest_code("new@example.com")})
    assert done.status_code == 302
    assert client.get(reverse("settings")).status_code == 200
    person = User.objects.get(email="new@example.com")
    assert (person.name, person.country, person.language) == ("Nia", "DE", "en")
    assert EmailAddress.objects.get(user=person).verified


@pytest.mark.django_db
def test_a_wrong_code_lets_nobody_in(client: Client) -> None:
    client.post(reverse("account_signup"), ANSWERS)
    answer = client.post(reverse("account_email_verification_sent"), {"code": "000000"})
    assert answer.status_code == 200
    assert client.get(reverse("settings")).status_code == 302


@pytest.mark.django_db
def test_sign_up_does_not_tell_who_has_an_account(client: Client, sam: User) -> None:
    fresh = client.post(reverse("account_signup"), ANSWERS)
    known = Client().post(reverse("account_signup"), ANSWERS | {"email": sam.email})
    assert (known.status_code, known["Location"]) == (fresh.status_code, fresh["Location"])
    assert User.objects.filter(email=sam.email).count() == 1
    assert "already exists" in OutboxEmail.objects.get(to=sam.email).text


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["account_request_login_code", "account_reset_password"])
def test_asking_for_a_code_does_not_tell_who_has_an_account(client: Client, sam: User, name: str) -> None:
    known = client.post(reverse(name), {"email": sam.email})
    unknown = Client().post(reverse(name), {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert OutboxEmail.objects.filter(to="nobody@example.com").count() == 1


@pytest.mark.django_db
def test_a_failed_sign_in_says_the_same_for_known_and_unknown(client: Client, sam: User) -> None:
    def sentence(email: str) -> list[str]:
        answer = client.post(reverse("account_login"), {"login": email, "password": "wrong password"})
        return list(answer.context["form"].non_field_errors())

    assert sentence(sam.email) == sentence("nobody@example.com") != []


@pytest.mark.django_db
def test_sign_in_by_code(client: Client, sam: User) -> None:
    asked = client.post(reverse("account_request_login_code"), {"email": sam.email})
    assert asked["Location"] == reverse("account_confirm_login_code")
    client.post(asked["Location"], {"code": newest_code(sam.email)})
    assert client.get(reverse("settings")).status_code == 200


@pytest.mark.django_db
def test_guessing_a_password_is_stopped_after_five_failures(client: Client, sam: User) -> None:
    sam.set_password("correct horse battery")
    sam.save()
    for _attempt in range(5):
        client.post(reverse("account_login"), {"login": sam.email, "password": "wrong"})
    answer = Client().post(reverse("account_login"), {"login": sam.email, "password": "correct horse battery"})
    assert answer.status_code == 200
    assert "Too many failed" in str(answer.context["form"].non_field_errors())


@pytest.mark.django_db
def test_asking_for_codes_is_limited_whoever_asks(sam: User) -> None:
    answers = [Client().post(reverse("account_request_login_code"), {"email": sam.email}) for _attempt in range(4)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 200]
    assert "Too many" in str(answers[3].context["form"].errors)
    assert OutboxEmail.objects.filter(to=sam.email).count() == 3


@pytest.mark.django_db
def test_a_changed_password_is_told_by_mail(client: Client, sam: User) -> None:
    sam.set_password("correct horse battery")
    sam.save()
    client.post(reverse("account_login"), {"login": sam.email, "password": "correct horse battery"})
    new = {
        "oldpassword": "correct horse battery",
        "password1": "staple staple staple",
        "password2": "staple staple staple",
    }
    assert client.post(reverse("account_change_password"), new).status_code == 302
    assert "password" in OutboxEmail.objects.get(to=sam.email).subject.lower()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [{"email": "no email"}, {"password1": "short"}, {"name": ""}, {"country": "ZZ"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_bad_answers_are_named_beside_their_field(client: Client, wrong: dict[str, str]) -> None:
    answer = client.post(reverse("account_signup"), ANSWERS | wrong)
    assert answer.status_code == 200
    assert next(iter(wrong)) in answer.context["form"].errors
    assert not User.objects.exists()


@pytest.mark.django_db
def test_limits_are_shared_by_processes(settings: Any) -> None:
    assert "locmem" not in settings.CACHES["default"]["BACKEND"]
