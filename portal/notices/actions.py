"""Tell people things, and remember what they want to hear."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.functional import Promise

from portal.accounts.models import User
from portal.kit.jobs import enqueue
from portal.kit.prepared import Given, Prepared
from portal.kit.rows import kept
from portal.notices.kinds import ALWAYS_IN_BELL, ALWAYS_MAILED
from portal.notices.models import Notice, NoticePreference

WISH = Prepared(lambda: NoticePreference.objects.filter(user=Given("user"), kind=Given("kind")).order_by())


@transaction.atomic(savepoint=False)
def tell(
    *,
    to: User,
    kind: str,
    subject: str | Promise,
    body: str | Promise,
    url: str = "",
    now: datetime,
    key: str | None = None,
) -> Notice:
    """Tell a person something: a row in the bell, and an email after commit; each only where the person wants it.

    `kind` is `app.word` (`subscriptions.joined`); `url` a path on this portal. Lazy texts (portal.kit.words) are read
    in the person's own language and time zone. Told once per `key`: repeating gives the first notice. Without a key it
    is told each time.
    """
    wish = WISH.first(user=to.pk, kind=kind)
    with translation.override(to.language), timezone.override(ZoneInfo(to.time_zone)):
        values = {
            "user": to,
            "kind": kind,
            "subject": str(subject)[:200],
            "body": str(body).strip(),
            "url": url,
            "told_at": now,
            "in_bell": kind in ALWAYS_IN_BELL or (wish.bell if wish else True),
            "by_email": kind in ALWAYS_MAILED or (wish.email if wish else True),
        }
    if key is None:
        notice, is_new = Notice.objects.create(**values), True
    else:
        notice, is_new = kept(Notice(key=key, **values), key="key")
    if is_new and notice.by_email:
        enqueue("notices.deliver_notice", notice_id=notice.pk)
    return notice


@transaction.atomic
def mark_read(*, user: User, now: datetime, notice: Notice | None = None) -> int:
    """Mark one notice, or all of a person's, as read; how many were unread. Repeating keeps the first time."""
    rows = Notice.objects.unread().filter(user=user)
    if notice is not None:
        rows = rows.filter(pk=notice.pk)
    return rows.update(read_at=now)


@transaction.atomic
def mark_unread(*, user: User, read_at: datetime) -> int:
    """Take back one `mark_read`: what was marked at exactly that moment is unread again. Repeating finds nothing."""
    return Notice.objects.in_bell().filter(user=user, read_at=read_at).update(read_at=None)


@transaction.atomic
def prefer(*, user: User, kind: str, bell: bool, email: bool) -> NoticePreference:
    """Set what a person wants to hear of a kind; counts for what is told from now on.

    What is about money that may be lost stays in the bell, whatever is asked for.
    """
    bell = bell or kind in ALWAYS_IN_BELL
    row, _created = NoticePreference.objects.update_or_create(
        user=user, kind=kind, defaults={"bell": bell, "email": email}
    )
    return row


def claim(*, notice_id: int, now: datetime) -> Notice | None:
    """Take a mail in hand: one sender at a time; a sender that died is given up after ten minutes. None: not free."""
    taken = Notice.objects.undelivered(now).filter(pk=notice_id).update(claimed_at=now, attempts=F("attempts") + 1)
    return Notice.objects.select_related("user").get(pk=notice_id) if taken else None


def record_sent(*, notice: Notice, now: datetime) -> None:
    """The mail is out. Repeating keeps the first time."""
    Notice.objects.filter(pk=notice.pk, emailed_at__isnull=True).update(emailed_at=now)


def release(*, notice: Notice, now: datetime, wait: timedelta) -> None:
    """The mail server refused: free for another attempt after `wait` (at most ten minutes)."""
    Notice.objects.filter(pk=notice.pk).update(claimed_at=now - Notice.CLAIM_LASTS + wait)
