"""A payment calendar as iCalendar text (RFC 5545), for programs that subscribe to its address."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.conf import settings
from django.utils.translation import gettext as _

from portal.kit.money import format_money
from subscriptions.queries.calendar import UpcomingCharge

LONGEST_LINE = 75


def payment_feed(charges: Iterable[UpcomingCharge], *, now: datetime) -> str:
    """One all-day event a charge. The same charge keeps its id, so a program replaces it instead of adding another."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//{settings.SITE_NAME}//payments//EN", "CALSCALE:GREGORIAN"]
    lines.append("X-WR-CALNAME:" + _escaped(_("Payments")))
    for charge in charges:
        lines += _event(charge, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(charge: UpcomingCharge, now: datetime) -> list[str]:
    creator = charge.membership.creator
    amount = format_money(charge.amount_minor, charge.currency)
    title = _("%(amount)s for %(creator)s (%(tier)s)") % {
        "amount": amount,
        "creator": creator.display_name,
        "tier": charge.price.tier,
    }
    day = charge.at.astimezone(UTC)
    return [
        "BEGIN:VEVENT",
        f"UID:{charge.membership.public_id}-{day:%Y%m%d}@{settings.SITE_NAME.lower()}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"SUMMARY:{_escaped(title)}",
        f"URL:{settings.SITE_URL}/me/memberships/",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    for sign, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r", ""), ("\n", "\\n")):
        text = text.replace(sign, written)
    return text


def _folded(line: str) -> list[str]:
    """Lines of at most 75 octets; what goes on begins with a space. Never within a letter."""
    parts: list[str] = []
    part = ""
    for letter in line:
        if len((part + letter).encode()) > LONGEST_LINE - (1 if parts else 0):
            parts.append(part)
            part = ""
        part += letter
    parts.append(part)
    return [parts[0], *(f" {part}" for part in parts[1:])]
