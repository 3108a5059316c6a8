from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.notices.models import OutboxEmail


@pytest.fixture
def mail(db: None, noon: datetime) -> OutboxEmail:
    return OutboxEmail.objects.create(
        to="sam@example.com",
        sender="x@y.example",
        subject="Your code",
        text="See https://portal.example/",
        written_at=noon,
    )


def test_the_demo_shows_its_mails_to_everybody(settings: Any, client: Client, mail: OutboxEmail) -> None:
    settings.DEMO = True
    assert "Your code" in client.get(reverse("outbox")).content.decode()
    assert "Your code" in client.get(reverse("outbox"), {"to": "sam@"}).content.decode()
    assert "No mail" in client.get(reverse("outbox"), {"to": "lee@"}).content.decode()


@pytest.mark.parametrize("page", ["first", "-1", "99"])
def test_a_page_that_does_not_exist_is_answered_with_one_that_does(
    settings: Any, client: Client, mail: OutboxEmail, page: str
) -> None:
    settings.DEMO = True
    assert client.get(reverse("outbox"), {"page": page}).status_code == 200


def test_elsewhere_only_staff_read_it(settings: Any, client: Client, mail: OutboxEmail, sam: User, staff: User) -> None:
    settings.DEMO = False
    assert client.get(reverse("outbox")).status_code == 403
    client.force_login(sam)
    assert client.get(reverse("outbox")).status_code == 403
    client.force_login(staff)
    assert client.get(reverse("outbox")).status_code == 200


def test_other_methods_are_refused(db: None, client: Client) -> None:
    assert client.post(reverse("outbox")).status_code == 405
