"""The badge beside a name, for pages that know already what the viewer has."""

from datetime import datetime

from portal.accounts.models import Creator, User
from subscriptions.models import Benefit
from subscriptions.queries.access import Perks, Viewer
from subscriptions.queries.tenure import Badge, badge_with


def own_badge(*, viewer: Viewer, creator: Creator, mine: Perks, at: datetime) -> Badge:
    """The badge of somebody whose perks are known. No query for strangers and for the creator, one for members."""
    if not isinstance(viewer, User) or mine.is_owner or not mine.is_member:
        return Badge()
    tier = mine.tier
    has_badge = Benefit.Kind.BADGE in mine.kinds
    word = (tier.badge if tier else "") if has_badge else None
    return badge_with(word=word, fan=viewer, creator=creator, at=at)
