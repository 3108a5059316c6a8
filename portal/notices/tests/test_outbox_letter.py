from datetime import datetime
from typing import Any

import pytest
from django.core import mail as django_mail
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.notices.actions import tell
from portal.notices.letter import send_letter
from portal.notices.models import OutboxEmail
from portal.notices.outbox import html_of, letter_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail(sam: User, noon: datetime) -> OutboxEmail:
    notice = tell(
        to=sam, kind="subscriptions.joined", subject="A <b>new</b> day", body="Yes & no", url="/me/", now=noon
    )
    django_mail.outbox.clear()
    send_letter(notice)
    sent = django_mail.outbox[0]
    return OutboxEmail.objects.create(
        to=sam.email,
        sender="x@y.example",
        subject=str(sent.subject),
        text=str(sent.body),
        html=html_of(sent),
        written_at=noon,
    )


def test_the_letter_is_shown_under_a_policy_of_its_own(settings: Any, client: Client, mail: OutboxEmail) -> None:
    settings.DEMO = True
    answer = client.get(reverse("outbox_letter", args=[mail.pk]))
    policy = answer["Content-Security-Policy"]
    assert policy == letter_policy(mail.html) and "'sha256-" in policy and "unsafe" not in policy
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    frame = client.get(reverse("outbox_email", args=[mail.pk]))
    assert f'src="{reverse("outbox_letter", args=[mail.pk])}"' in frame.content.decode()
    assert "frame-src 'self'" in frame["Content-Security-Policy"]


def test_it_says_in_html_what_it_says_in_text(mail: OutboxEmail) -> None:
    assert "A &lt;b&gt;new&lt;/b&gt; day" in mail.html and "Yes &amp; no" in mail.html
    assert "A <b>new</b> day" in mail.text and "Yes & no" in mail.text
    for words in (mail.html, mail.text):
        assert "/me/" in words and reverse("notice_settings") in words


def test_it_has_colors_for_both_themes_and_for_programs_without_styles(mail: OutboxEmail) -> None:
    assert "prefers-color-scheme: dark" in mail.html and 'bgcolor="#ffffff"' in mail.html
    assert len(mail.html) < 20_000, "some mail programs cut long letters"


def test_another_style_is_another_policy() -> None:
    assert letter_policy("<style>a{}</style>") != letter_policy("<style>b{}</style>")
    assert "style-src 'none'" in letter_policy("<p>no style</p>")


def test_elsewhere_only_staff_read_it(settings: Any, client: Client, mail: OutboxEmail, sam: User, staff: User) -> None:
    settings.DEMO = False
    address = reverse("outbox_letter", args=[mail.pk])
    client.force_login(sam)
    assert client.get(address).status_code == 403


def test_a_mail_without_html_has_no_letter(settings: Any, client: Client, mail: OutboxEmail) -> None:
    settings.DEMO = True
    OutboxEmail.objects.update(html="")
    assert client.get(reverse("outbox_letter", args=[mail.pk])).status_code == 404
    assert client.post(reverse("outbox_letter", args=[mail.pk])).status_code == 405
