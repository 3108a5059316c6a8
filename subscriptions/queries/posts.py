"""Posts to show: on a creator's page, in the library, on their own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, prefetch_related_objects
from django.db.models.functions import Coalesce

from portal.accounts.models import Creator, User
from subscriptions.models import Benefit, Comment, Media, Poll, Post, PostReading, Reaction
from subscriptions.queries.access import Perks, all_perks
from subscriptions.queries.emojis import emoji_addresses  # noqa: F401  (others ask for it here)
from subscriptions.queries.tiers import TierOffer

ON_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class PostCard:
    """A post as a list shows it: open to this viewer or locked. `opens_at`: when it opens to more people, if it will."""

    post: Post
    is_open: bool
    opens_at: datetime | None = None
    is_new: bool = False


def cards_of(posts: Iterable[Post], mine: Perks) -> list[PostCard]:
    """Posts of one creator as one viewer sees them. One query, and only where posts are for chosen tiers."""
    rows = know_tiers(posts)
    return [PostCard(post, mine.may_read(post), post.opens_at if post.opens_later(mine.at) else None) for post in rows]


def know_tiers(posts: Iterable[Post]) -> list[Post]:
    """The posts, with the chosen tiers of those that have any."""
    rows = list(posts)
    chosen = [post for post in rows if post.audience == Post.Audience.TIERS]
    if chosen:
        prefetch_related_objects(chosen, "tiers")
    return rows


def post_cards(*, creator: Creator, mine: Perks, at: datetime, most: int = ON_A_PAGE) -> list[PostCard]:
    """The pinned post and the newest published ones of a creator, locked ones too. One query, two with chosen tiers."""
    # Through the creator, so that each card knows its creator without asking again.
    rows = creator.posts.published(at).with_doors().defer("body")
    return cards_of(rows.order_by(F("pinned_at").desc(nulls_last=True), "-published_at", "-pk")[:most], mine)


def with_counts(rows: QuerySet[Post]) -> QuerySet[Post]:
    """Posts with `comment_count`, `reaction_count` and `reading_count`, each counted in the same query."""
    counted = {
        "comment_count": Comment.objects.filter(post=OuterRef("pk"), removed_at__isnull=True),
        "reaction_count": Reaction.objects.filter(post=OuterRef("pk")),
        "reading_count": PostReading.objects.filter(post=OuterRef("pk")),
    }
    counts = {
        name: Coalesce(Subquery(inner.order_by().values("post").annotate(n=Count("pk")).values("n")), 0)
        for name, inner in counted.items()
    }
    return rows.annotate(**counts)


def needed_offer(*, post: Post, offers: Iterable[TierOffer]) -> TierOffer | None:
    """The lowest tier on sale that opens a post for members; `offers` lowest first. None: nothing on sale does."""
    chosen = {tier.pk for tier in post.tiers.all()} if post.audience == Post.Audience.TIERS else set()
    for offer in offers:
        if not any(benefit.kind == Benefit.Kind.CONTENT for benefit in offer.benefits):
            continue
        if post.audience == Post.Audience.TIERS and offer.tier.pk not in chosen:
            continue
        if post.tier is not None and offer.tier.rank < post.tier.rank:
            continue
        return offer
    return None


# --- The library --------------------------------------------------------------------


def open_to(*, fan: User, at: datetime) -> Q:
    """The posts that only the fan's live grants open, over all creators, as a condition. Two queries."""
    everybody: list[int] = []
    by_rank: dict[int, list[int]] = {}
    tiers: set[int] = set()
    for creator, mine in all_perks(fan=fan, at=at).items():
        if Benefit.Kind.CONTENT not in mine.kinds:
            continue
        if any(mine.giving(Benefit.Kind.CONTENT)):
            everybody.append(creator.pk)
        if mine.tier is not None:
            by_rank.setdefault(mine.tier.rank, []).append(creator.pk)
        tiers |= {grant.tier.pk for grant in mine.grants if grant.tier}
    chosen = Post.tiers.through.objects.filter(post=OuterRef("pk"), tier__in=tiers)
    found = Q(creator__in=everybody, audience=Post.Audience.MEMBERS)
    found |= Q(creator__in=everybody, opens_to=Post.Wider.MEMBERS, opens_at__lte=at)
    for rank, creators in by_rank.items():
        found |= Q(creator__in=creators, audience=Post.Audience.TIER, tier__rank__lte=rank)
        found |= Q(creator__in=creators, opens_to=Post.Wider.TIER, opens_tier__rank__lte=rank, opens_at__lte=at)
    if tiers:
        found |= Q(Exists(chosen), audience=Post.Audience.TIERS)
    return found


def library(*, fan: User, at: datetime, handle: str = "", kind: str = "", unread: bool = False) -> QuerySet[Post]:
    """What a fan's memberships open, newest first; narrowed by creator, by what is in it, and to what is unread.

    `kind` is picture, video, file, poll or text (none of them). Two queries now, and those of the caller.
    """
    rows = Post.objects.published(at).filter(open_to(fan=fan, at=at))
    holds = Media.objects.filter(post=OuterRef("pk"))
    if handle:
        rows = rows.filter(creator__handle=handle)
    if kind == "poll":
        rows = rows.filter(Exists(Poll.objects.filter(post=OuterRef("pk"))))
    elif kind == "text":
        rows = rows.filter(~Exists(holds), ~Exists(Poll.objects.filter(post=OuterRef("pk"))))
    elif kind:
        rows = rows.filter(Exists(holds.filter(kind=kind)))
    read = Exists(PostReading.objects.filter(post=OuterRef("pk"), reader=fan))
    if unread:
        rows = rows.filter(~read)
    rows = rows.select_related("creator", "tier", "opens_tier").defer("body").annotate(is_read=read)
    return rows.order_by("-published_at", "-pk")


def library_posts(*, fan: User, at: datetime, most: int = 50) -> list[Post]:
    """The newest posts that only the fan's live grants open, over all creators. Three queries."""
    return list(library(fan=fan, at=at)[:most])


def library_creators(*, fan: User, at: datetime) -> list[Creator]:
    """The creators whose posts for members are open to a fan, by name. Two queries."""
    found = [creator for creator, mine in all_perks(fan=fan, at=at).items() if Benefit.Kind.CONTENT in mine.kinds]
    return sorted(found, key=lambda creator: creator.display_name.lower())


def library_card(post: Post, at: datetime) -> PostCard:
    """A post of the library, annotated with `is_read` there."""
    opens_at = post.opens_at if post.opens_later(at) else None
    return PostCard(post, is_open=True, opens_at=opens_at, is_new=not getattr(post, "is_read", True))
