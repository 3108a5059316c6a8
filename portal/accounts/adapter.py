"""The few answers we give allauth."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from requests import Session

from portal.accounts.tiktok.gateway import open_session


class AccountAdapter(DefaultAccountAdapter):
    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """allauth's words in the portal's letter: text first, and the same in HTML."""
        message = super().render_mail(template_prefix, email, context, headers)
        words = str(message.body).strip()
        around = {
            "words": words,
            "paragraphs": [part.strip() for part in words.split("\n\n")],
            "code": context.get("code", ""),
            "subject": message.subject,
            "person": context.get("user"),
            "site_name": settings.SITE_NAME,
            "site_url": settings.SITE_URL,
        }
        letter = EmailMultiAlternatives(
            subject=message.subject,
            body=render_to_string("notices/email/words.txt", around).strip() + "\n",
            from_email=message.from_email,
            to=message.to,
            headers=headers,
        )
        letter.attach_alternative(render_to_string("notices/email/words.html", around), "text/html")
        return letter


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def get_requests_session(self) -> Session:
        """TikTok, or its stand-in where there are no keys."""
        return open_session()
