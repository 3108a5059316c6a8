"""The mail server of a portal that has none: mails become rows, to be read on the outbox page."""

import base64
import hashlib
import re
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


def letter_policy(html: str) -> str:
    """The content policy under which a mail may be shown: its own style, no script, no picture, no form."""
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles]
    allowed = " ".join(f"'sha256-{hash}'" for hash in hashes) or "'none'"
    return f"default-src 'none'; style-src {allowed}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
