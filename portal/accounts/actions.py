"""Deeds of people about themselves."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.kit.jobs import enqueue
from portal.kit.refusal import Refusal

# Paths and words of the portal that must not look like a person.
RESERVED_HANDLES = frozenset(
    "admin administrator api billing creator creators glasshouse help legal mod moderator official ops portal root "
    "rules security settings shop staff studio support system team tiktok".split()
)


class HandleTaken(Refusal):
    sentence = _("The handle @%(handle)s belongs to somebody else.")
    field = "handle"


class HandleReserved(Refusal):
    sentence = _("The handle @%(handle)s is kept for the portal itself.")
    field = "handle"


@transaction.atomic
def become_creator(
    *, user: User, handle: str, display_name: str, region: str, languages: list[str], intro: str = "", now: datetime
) -> Creator:
    """Open the creator side of a person. Repeating gives the creator they are; the handle then stays as it is."""
    User.objects.select_for_update().get(pk=user.pk)
    known = Creator.objects.filter(user=user).first()
    if known is not None:
        return known
    handle = handle.lower()
    if handle in RESERVED_HANDLES:
        raise HandleReserved(handle=handle)
    try:
        with transaction.atomic():
            made = Creator.objects.create(
                user=user,
                handle=handle,
                display_name=display_name,
                region=region,
                languages=languages,
                intro=intro,
                became_creator_at=now,
            )
    except IntegrityError:
        raise HandleTaken(handle=handle) from None
    enqueue("accounts.measure_audiences", user_id=user.pk)
    return made


@transaction.atomic
def edit_creator(
    *, creator: Creator, display_name: str, region: str, languages: list[str], intro: str, accent: str
) -> Creator:
    """Change what fans see. The handle stays: links to it are out in the world."""
    creator.display_name, creator.region, creator.languages = display_name, region, languages
    creator.intro, creator.accent = intro, accent
    creator.save(update_fields=["display_name", "region", "languages", "intro", "accent"])
    return creator
