from datetime import datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext_lazy

from portal.accounts.models import User
from portal.notices import actions, tasks
from portal.notices.kinds import kinds_for
from portal.notices.models import Notice, OutboxEmail
from portal.notices.queries import unread_count


def told(to: User, now: datetime, **fields: Any) -> Notice:
    values = {"kind": "shop.sale", "subject": "A sale", "body": "Somebody bought a lamp.", "url": "/shop/"} | fields
    return actions.tell(to=to, now=now, **values)


def test_a_notice_is_in_the_bell_and_in_the_mail(
    sam: User, noon: datetime, mailoutbox: list[EmailMultiAlternatives], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        notice = told(sam, noon, key="sale:1")
    assert unread_count(sam) == 1
    notice.refresh_from_db()
    assert notice.emailed_at is not None
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == (["sam@example.com"], "A sale")
    assert mail.body.startswith("Hello Sam,\n") and "http://localhost:8000/shop/" in mail.body
    html, kind = mail.alternatives[0]
    assert kind == "text/html" and "Somebody bought a lamp." in html


def test_twice_by_one_key_is_told_once(
    sam: User, noon: datetime, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    for _time in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            told(sam, noon, key="sale:1")
    assert (Notice.objects.count(), len(mailoutbox)) == (1, 1)


def test_without_a_key_each_is_told(sam: User, noon: datetime) -> None:
    told(sam, noon)
    told(sam, noon)
    assert unread_count(sam) == 2


def test_people_hear_what_they_want_to_hear(
    sam: User, noon: datetime, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    actions.prefer(user=sam, kind="shop.sale", bell=True, email=False)
    actions.prefer(user=sam, kind="shop.return", bell=False, email=True)
    with django_capture_on_commit_callbacks(execute=True):
        told(sam, noon)
        told(sam, noon, kind="shop.return", subject="A return")
    assert [mail.subject for mail in mailoutbox] == ["A return"]
    assert [notice.subject for notice in Notice.objects.unread()] == ["A sale"]


def test_nobody_switches_off_what_protects_their_money(sam: User, noon: datetime) -> None:
    kind = "payments.payout_details_changed"
    actions.prefer(user=sam, kind=kind, bell=False, email=False)
    assert told(sam, noon, kind=kind).by_email
    assert kind not in kinds_for(sam)


def test_the_words_are_in_the_persons_language(sam: User, noon: datetime) -> None:
    sam.language = "es"
    assert told(sam, noon, subject=gettext_lazy("Monday")).subject == "lunes"


def test_a_mail_cannot_be_given_headers_by_its_subject(
    sam: User, noon: datetime, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        told(sam, noon, subject="A sale\nBcc: all@example.com", body="<script>alert(1)</script>")
    [mail] = mailoutbox
    assert mail.subject == "A sale Bcc: all@example.com" and mail.recipients() == ["sam@example.com"]
    assert "<script>" not in mail.alternatives[0][0]


def test_two_workers_send_one_mail(sam: User, noon: datetime, mailoutbox: list[Any]) -> None:
    notice = told(sam, noon)
    first = actions.claim(notice_id=notice.pk, now=noon)
    assert first is not None and actions.claim(notice_id=notice.pk, now=noon) is None
    actions.record_sent(notice=first, now=noon)
    tasks.deliver_notice(notice_id=notice.pk)
    assert mailoutbox == []


def test_a_sender_that_died_is_followed_by_another(sam: User, noon: datetime) -> None:
    notice = told(sam, noon)
    actions.claim(notice_id=notice.pk, now=noon)
    assert actions.claim(notice_id=notice.pk, now=noon + timedelta(minutes=9)) is None
    assert actions.claim(notice_id=notice.pk, now=noon + timedelta(minutes=11)) is not None


class Broken(BaseEmailBackend):
    """A mail server that hangs up."""

    def send_messages(self, email_messages: Any) -> int:
        raise SMTPServerDisconnected


def test_a_mail_server_that_is_down_is_asked_again_and_not_for_ever(sam: User, noon: datetime, settings: Any) -> None:
    notice = told(sam, noon)
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    for _attempt in range(Notice.MAX_ATTEMPTS):
        with pytest.raises(SMTPServerDisconnected):
            tasks.deliver_notice(notice_id=notice.pk)
        Notice.objects.filter(pk=notice.pk).update(claimed_at=None)
    tasks.deliver_notice(notice_id=notice.pk)
    notice.refresh_from_db()
    assert (notice.attempts, notice.emailed_at) == (Notice.MAX_ATTEMPTS, None)


def test_mails_whose_job_was_lost_are_found(sam: User, noon: datetime, mailoutbox: list[Any]) -> None:
    told(sam, noon)
    assert tasks.deliver_waiting() == 1
    assert len(mailoutbox) == 1
    assert tasks.deliver_waiting() == 0


def test_floor_mates_tell_by_the_name_of_a_job(sam: User) -> None:
    for _time in range(2):
        tasks.tell_person(
            user_id=sam.pk, kind="payments.refunded", subject="Refunded", key="refund:1", newer="argument"
        )
    assert Notice.objects.get().user == sam


def test_without_a_mail_server_mails_become_rows(
    sam: User, noon: datetime, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_BACKEND = "portal.notices.outbox.OutboxBackend"
    with django_capture_on_commit_callbacks(execute=True):
        told(sam, noon)
    mail = OutboxEmail.objects.get()
    assert (mail.to, mail.subject) == ("sam@example.com", "A sale")
    assert "Somebody bought a lamp." in mail.text and "Somebody bought a lamp." in mail.html
