"""Passports: a member's badge, signed; and the keys they are signed with."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from subscriptions.models import PassportKey
from subscriptions.passport import key_id, public_key, signed
from subscriptions.queries.access import perks
from subscriptions.queries.badges import own_badge
from subscriptions.queries.passports import seed_of, usable_seed


class NoBadgeToSign(Refusal):
    sentence = _("There is no badge to put into a passport: you are no member of this creator right now.")


@transaction.atomic
def signing_key(*, now: datetime) -> tuple[PassportKey, bytes]:
    """The key that signs now, and its private half. Safe to repeat: a new one only where none can be used any more."""
    for key in PassportKey.objects.filter(withdrawn_at__isnull=True)[:1]:
        seed = usable_seed(key)
        if seed is not None:
            return key, seed
    return rotate_passport_key(now=now)


@transaction.atomic
def rotate_passport_key(*, now: datetime) -> tuple[PassportKey, bytes]:
    """Begin a new key. What older ones have signed is believed until they are withdrawn."""
    generation = (PassportKey.objects.aggregate(last=Max("generation"))["last"] or 0) + 1
    seed = seed_of(generation)
    public = public_key(seed)
    values = {"generation": generation, "public_key": public, "created_at": now}
    return PassportKey.objects.get_or_create(key_id=key_id(public), defaults=values)[0], seed


@transaction.atomic
def withdraw_passport_key(*, key: PassportKey, now: datetime) -> PassportKey:
    """Nothing that was signed with a key is believed any more. Safe to repeat."""
    if key.withdrawn_at is None:
        key.withdrawn_at = now
        key.save(update_fields=["withdrawn_at"])
    return key


def sign_passport(*, fan: User, creator: Creator, now: datetime) -> dict[str, Any]:
    """The document a member downloads: what their badge says today. The same within a day; hidden badges stay out."""
    mine = perks(viewer=fan, creator=creator, at=now)
    badge = own_badge(viewer=fan, creator=creator, mine=mine, at=now)
    if not (badge.months or badge.founder):
        raise NoBadgeToSign
    _key, seed = signing_key(now=now)
    facts = {
        "creator": creator.display_name,
        "handle": creator.handle,
        "member": str(fan),
        "tier": str(mine.tier or ""),
        "months": badge.months,
        "streak": badge.streak,
        "step": badge.rung,
        "founder": badge.founder,
        "as_of": now.astimezone(UTC).date().isoformat(),
        "portal": settings.SITE_URL,
    }
    return signed(facts, seed)
