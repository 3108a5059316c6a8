"""The mail server of a portal that has none: mails become rows, to be read on the outbox page."""

from collections.abc import Sequence

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage, EmailMultiAlternatives
from django.utils import timezone

from portal.notices.models import OutboxEmail


class OutboxBackend(BaseEmailBackend):
    """Used while EMAIL_URL is unset."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            OutboxEmail.objects.create(
                to=", ".join(message.recipients()),
                sender=message.from_email,
                subject=str(message.subject),
                text=str(message.body),
                html=html_of(message),
                written_at=timezone.now(),
            )
        return len(email_messages)


def html_of(message: EmailMessage) -> str:
    if isinstance(message, EmailMultiAlternatives):
        for content, kind in message.alternatives:
            if kind == "text/html":
                return str(content)
    return ""
