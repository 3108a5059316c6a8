"""Why a creator's page of a program is not open to them yet: one line for the navigation."""

from datetime import datetime

from babel.numbers import format_decimal
from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.accounts.models import Creator
from portal.kit.languages.reader import reader_locale
from portal.programs.models import Enrollment, Program, RegionRule
from portal.programs.queries import Standing, standing

KEPT_SECONDS = 120


def locks_of(creator: Creator, now: datetime) -> dict[str, tuple[str, str]]:
    """Program → (why, where it says more), for programs the creator has never been part of.

    Who once was part of one keeps its pages: members, posts and money of that time are still theirs.
    """
    joined = set(Enrollment.objects.filter(creator=creator).values_list("program", flat=True))
    missing = [program for program in Program if program.value not in joined]
    if not missing:
        return {}
    # The numbers behind a reason change a few times a day; asking takes six queries a program.
    key = f"locks:{creator.public_id}:{get_language()}:{','.join(sorted(joined))}"
    reasons = cache.get(key)
    if reasons is None:
        reasons = {
            program.value: reason(standing(creator=creator, program=program, on=now.date(), now=now))
            for program in missing
        }
        cache.set(key, reasons, KEPT_SECONDS)
    return {program: (why, reverse("program_detail", args=[program])) for program, why in reasons.items()}


def reason(found: Standing) -> str:
    """The first thing that is missing, with both numbers."""
    if found.missing:
        first, locale = found.missing[0], reader_locale()
        actual, needed = (format_decimal(number or 0, locale=locale) for number in (first.actual, first.needed))
        return _("%(what)s: %(actual)s of %(needed)s") % {"what": first.sentence, "actual": actual, "needed": needed}
    if found.is_open:
        return _("Open to you: join first")
    if found.mode == RegionRule.Mode.INVITE_ONLY:
        return _("By invitation")
    return _("Not open in your region yet")
