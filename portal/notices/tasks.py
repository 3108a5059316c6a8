"""Mails of notices. The rows are the queue; a lost job is found by `deliver_waiting`."""

from datetime import timedelta
from smtplib import SMTPException
from typing import Any

from celery import shared_task
from django.utils import timezone

from portal.accounts.models import User
from portal.notices import actions
from portal.notices.letter import send_letter
from portal.notices.models import Notice


@shared_task(name="notices.tell_person")
def tell_person(
    *, user_id: int, kind: str, subject: str, body: str = "", url: str = "", key: str | None = None, **_: Any
) -> None:
    """`tell` for apps of the same floor, which may not import it."""
    user = User.objects.get(pk=user_id)
    actions.tell(to=user, kind=kind, subject=subject, body=body, url=url, now=timezone.now(), key=key)


@shared_task(name="notices.deliver_notice")
def deliver_notice(*, notice_id: int, **_: Any) -> None:
    """Send the mail of one notice, once: claim, send, record."""
    notice = actions.claim(notice_id=notice_id, now=timezone.now())
    if notice is None:
        return
    try:
        send_letter(notice)
    except (OSError, SMTPException):
        actions.release(notice=notice, now=timezone.now(), wait=timedelta(minutes=min(9, 2**notice.attempts)))
        raise
    actions.record_sent(notice=notice, now=timezone.now())


@shared_task(name="notices.deliver_waiting")
def deliver_waiting(*, limit: int = 500, **_: Any) -> int:
    """Find mails that wait although their job was lost or failed."""
    waiting = Notice.objects.undelivered(timezone.now()).order_by("told_at").values_list("pk", flat=True)[:limit]
    for notice_id in list(waiting):
        deliver_notice.apply_async(kwargs={"notice_id": notice_id})
    return len(waiting)
