"""The keys that passports are signed and checked with."""

from django.conf import settings

from portal.kit.signing import derived_secret
from subscriptions.models import PassportKey
from subscriptions.passport import public_key


def seed_of(generation: int, master: str | None = None) -> bytes:
    """The private half of a generation: derived from the portal's own secret, and kept nowhere."""
    return bytes.fromhex(derived_secret("passport", f"passport:{generation}", master).rpartition("_")[2])


def usable_seed(key: PassportKey) -> bytes | None:
    """The private half of a key, under this secret or an older one that is still known; None when it is gone."""
    for master in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        seed = seed_of(key.generation, master)
        if public_key(seed) == key.public_key:
            return seed
    return None


def trusted_keys() -> dict[str, str]:
    """Key id → public key, of every key that was not withdrawn. One query."""
    return dict(PassportKey.objects.filter(withdrawn_at__isnull=True).values_list("key_id", "public_key"))
