"""The mail to somebody who is given something and may have no account here: text first, the same words in HTML."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from subscriptions.models import Gift


def send_gift_letter(gift: Gift) -> None:
    """Send it in the buyer's language. Raises OSError or SMTPException when the server refuses."""
    link = settings.SITE_URL + reverse("gift_claim", args=[gift.public_id, gift.secret])
    context = {"gift": gift, "link": link, "site_name": settings.SITE_NAME, "site_url": settings.SITE_URL}
    with translation.override(gift.buyer.language):
        subject = _("%(buyer)s has a gift for you: %(creator)s") % {"buyer": gift.buyer, "creator": gift.creator}
        text = render_to_string("subscriptions/email/gift.txt", context)
        html = render_to_string("subscriptions/email/gift.html", context)
    letter = EmailMultiAlternatives(subject=" ".join(subject.split()), body=text, to=[gift.recipient_email])
    letter.attach_alternative(html, "text/html")
    letter.send()
