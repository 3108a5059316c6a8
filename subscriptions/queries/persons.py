"""When two accounts are one person: the same mailbox under another spelling, or the same card."""

from django.db.models import Q

from portal.accounts.models import User
from subscriptions.models import PaymentCard

# Mail to any spelling of these reaches the same mailbox.
DOTS_DO_NOT_COUNT = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def mailbox_of(email: str) -> str:
    """An email without what leads to the same mailbox: case, "+word" anywhere, dots where the host ignores them."""
    local, _at, host = email.strip().lower().rpartition("@")
    local = local.split("+", 1)[0] or local
    if host in DOTS_DO_NOT_COUNT:
        local, host = local.replace(".", ""), DOTS_DO_NOT_COUNT[host]
    return f"{local}@{host}"


def fingerprints_of(user: User) -> list[str]:
    """What the provider calls the cards that a person has ever given."""
    rows = PaymentCard.objects.filter(user=user).exclude(fingerprint="")
    return sorted(set(rows.values_list("fingerprint", flat=True)))


def same_person(user: User) -> Q:
    """Rows with `fan`, `mailbox` and `fingerprint` that are this person's."""
    return Q(fan=user) | Q(mailbox=mailbox_of(user.email)) | Q(fingerprint__in=fingerprints_of(user))
