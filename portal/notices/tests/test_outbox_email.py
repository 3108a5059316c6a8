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
        text="See https://portal.example/ <b>now</b>",
        html="<script>alert(1)</script>",
        written_at=noon,
    )


def test_one_mail_is_read_as_text_with_its_links(settings: Any, client: Client, mail: OutboxEmail) -> None:
    settings.DEMO = True
    words = client.get(reverse("outbox_email", args=[mail.pk])).content.decode()
    assert 'href="https://portal.example/"' in words
    assert "&lt;b&gt;now" in words and "alert(1)" not in words


def test_elsewhere_only_staff_read_it(settings: Any, client: Client, mail: OutboxEmail, sam: User) -> None:
    settings.DEMO = False
    client.force_login(sam)
    assert client.get(reverse("outbox_email", args=[mail.pk])).status_code == 403


def test_an_unknown_mail_is_not_found(settings: Any, db: None, client: Client) -> None:
    settings.DEMO = True
    assert client.get(reverse("outbox_email", args=[999])).status_code == 404


def test_other_methods_are_refused(client: Client, mail: OutboxEmail) -> None:
    assert client.post(reverse("outbox_email", args=[mail.pk])).status_code == 405
