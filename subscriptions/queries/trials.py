"""Who may try a tier for nothing, and for how long."""

from datetime import datetime

from portal.accounts.models import Creator, User
from subscriptions.models import Grant, Tier, Trial
from subscriptions.queries.persons import same_person


def trial_days(*, fan: User, tier: Tier, at: datetime) -> int:
    """How many days this person may try this tier; 0 for none.

    One trial per creator and person, whatever the account: told by the mailbox and by the cards. Who has paid this
    creator before knows what is inside, and has none.
    """
    if not tier.trial_days or has_had_trial(fan=fan, creator=tier.creator):
        return 0
    paid = Grant.objects.filter(fan=fan, creator=tier.creator, kind=Grant.Kind.PAID, from_at__lte=at)
    return 0 if paid.exists() else tier.trial_days


def has_had_trial(*, fan: User, creator: Creator) -> bool:
    """Whether this person has had the free trial of this creator, also under another account."""
    return Trial.objects.granted().filter(same_person(fan), creator=creator).exists()
