"""The mail of a notice: text first, and the same words in HTML."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation

from portal.notices.models import Notice


def send_letter(notice: Notice) -> None:
    """Send the mail in the person's language and time zone. Raises OSError or SMTPException when the server refuses."""
    user = notice.user
    context = {
        "subject": notice.subject,
        "words": notice.body,
        "person": user,
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "link": f"{settings.SITE_URL}{notice.url}" if notice.url else "",
    }
    with translation.override(user.language), timezone.override(ZoneInfo(user.time_zone)):
        text = render_to_string("notices/email/notice.txt", context)
        html = render_to_string("notices/email/notice.html", context)
    letter = EmailMultiAlternatives(subject=" ".join(notice.subject.split()), body=text, to=[user.email])
    letter.attach_alternative(html, "text/html")
    letter.send()
