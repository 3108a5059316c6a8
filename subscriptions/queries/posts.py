"""Posts and emojis to show."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from portal.accounts.models import Creator, User
from subscriptions.models import Benefit, Emoji, Post
from subscriptions.queries.access import Perks, all_perks

ON_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class PostCard:
    """A post as a list shows it: open to this viewer or locked."""

    post: Post
    is_open: bool


def post_cards(*, creator: Creator, mine: Perks, at: datetime, most: int = ON_A_PAGE) -> list[PostCard]:
    """The newest published posts of a creator, locked ones too. One query."""
    # Through the creator, so that each card knows its creator without asking again.
    rows = creator.posts.published(at).select_related("tier").defer("body")[:most]
    return [PostCard(post, mine.may_read(post)) for post in rows]


def emoji_addresses(creator: Creator) -> dict[str, str]:
    """Name → address of every approved emoji. One query."""
    return {emoji.name: emoji.address(56) for emoji in Emoji.objects.approved().filter(creator=creator)}


def library_posts(*, fan: User, at: datetime, most: int = 50) -> list[Post]:
    """The newest posts that only the fan's live grants open, over all creators. Three queries."""
    open_to_fan = Q(pk__in=())
    for creator, mine in all_perks(fan=fan, at=at).items():
        if Benefit.Kind.CONTENT in mine.kinds:
            rank = mine.tier.rank if mine.tier else 0
            reachable = Q(audience=Post.Audience.MEMBERS) | Q(audience=Post.Audience.TIER, tier__rank__lte=rank)
            open_to_fan |= Q(creator=creator) & reachable
    rows = Post.objects.published(at).filter(open_to_fan).select_related("creator", "tier").defer("body")
    return list(rows.order_by("-published_at", "-pk")[:most])
