"""Write and publish posts."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.refusal import Refusal
from portal.programs.models import Program
from portal.programs.queries import require_enrollment
from subscriptions.models import Post, Tier


class TierOfSomebodyElse(Refusal):
    sentence = _("This tier is not yours.")
    field = "tier"


class TierIsMissing(Refusal):
    sentence = _("Choose the tier that this post is for.")
    field = "tier"


@transaction.atomic
def write_post(
    *,
    creator: Creator,
    title: str,
    body: str,
    audience: str,
    now: datetime,
    teaser: str = "",
    tier: Tier | None = None,
    post: Post | None = None,
    publish: bool = False,
) -> Post:
    """Save a post, new or `post`; with `publish` it goes out now, unless it is out already. Safe to repeat for a given
    post. Posts for members need a creator who is part of the program; public ones do not.
    """
    if audience == Post.Audience.TIER and tier is None:
        raise TierIsMissing
    if tier is not None and tier.creator_id != creator.pk:
        raise TierOfSomebodyElse
    if publish and audience != Post.Audience.PUBLIC:
        require_enrollment(creator=creator, program=Program.SUBSCRIPTIONS, on=now.date(), now=now)
    row = post or Post(creator=creator, created_at=now)
    row.title, row.body, row.teaser, row.audience = title, body, teaser, audience
    row.tier = tier if audience == Post.Audience.TIER else None
    if publish:
        row.published_at = row.published_at or now
    row.save()
    return row


@transaction.atomic
def withdraw_post(*, post: Post) -> Post:
    """Take a post back to a draft. Safe to repeat."""
    post.published_at = None
    post.save(update_fields=["published_at"])
    return post
