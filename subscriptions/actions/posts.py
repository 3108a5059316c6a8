"""Write, plan, publish, pin and withdraw posts, and tell members of them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from portal.programs.models import Program
from portal.programs.queries import require_enrollment
from subscriptions.models import Grant, Post, PostReading, Tier
from subscriptions.queries.access import perks_of_fans
from subscriptions.queries.posts import know_tiers

# Older posts are no news; after a long silence of the timetable nobody gets a month of them at once.
NEWS_FOR = timedelta(days=3)
TOLD_AT_ONCE = 500


class TierOfSomebodyElse(Refusal):
    sentence = _("This tier is not yours.")
    field = "tier"


class TierIsMissing(Refusal):
    sentence = _("Choose the tier that this post is for.")
    field = "tier"


class TiersAreMissing(Refusal):
    sentence = _("Choose at least one tier.")
    field = "tiers"


class OpeningIsHalfSet(Refusal):
    sentence = _("Say both when it opens and to whom; or leave both empty.")
    field = "opens_at"


class OpensBeforeItIsOut(Refusal):
    sentence = _("It can only open to more people after it is out.")
    field = "opens_at"


class OpensToNobodyNew(Refusal):
    sentence = _("Choose a wider circle than the one that reads it from the start.")
    field = "opens_to"


class OpensTierIsMissing(Refusal):
    sentence = _("Choose the tier that it opens to.")
    field = "opens_tier"


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
    tiers: Iterable[Tier] = (),
    opens_at: datetime | None = None,
    opens_to: str = "",
    opens_tier: Tier | None = None,
    takes_comments: bool = True,
    post: Post | None = None,
    publish: bool = False,
    publish_at: datetime | None = None,
) -> Post:
    """Save a post, new or `post`; with `publish` it goes out now, or at `publish_at` if that is still to come.

    What is out already keeps its moment. From `opens_at` on it is open to `opens_to` as well. Safe to repeat for a
    given post. Posts for members need a creator who is part of the program; public ones do not.
    """
    chosen = list(tiers) if audience == Post.Audience.TIERS else []
    tier = tier if audience == Post.Audience.TIER else None
    opens_tier = opens_tier if opens_to == Post.Wider.TIER else None
    _check_doors(creator, audience, tier, chosen)
    if publish and audience != Post.Audience.PUBLIC:
        require_enrollment(creator=creator, program=Program.SUBSCRIPTIONS, on=now.date(), now=now)
    row = post or Post(creator=creator, created_at=now)
    row.title, row.body, row.teaser, row.audience, row.tier = title, body, teaser, audience, tier
    row.takes_comments = takes_comments
    row.opens_at, row.opens_to, row.opens_tier = opens_at, opens_to, opens_tier
    if publish and not row.is_published(now):
        row.published_at = publish_at if publish_at is not None and publish_at > now else now
    _check_opening(row)
    row.save()
    row.tiers.set(chosen)
    return row


def _check_doors(creator: Creator, audience: str, tier: Tier | None, chosen: list[Tier]) -> None:
    if audience == Post.Audience.TIER and tier is None:
        raise TierIsMissing
    if audience == Post.Audience.TIERS and not chosen:
        raise TiersAreMissing
    if any(one is not None and one.creator_id != creator.pk for one in (tier, *chosen)):
        raise TierOfSomebodyElse


def _check_opening(row: Post) -> None:
    if (row.opens_at is None) != (row.opens_to == ""):
        raise OpeningIsHalfSet
    if row.opens_at is None:
        return
    if row.opens_to == Post.Wider.TIER and row.opens_tier is None:
        raise OpensTierIsMissing
    if row.opens_tier is not None and row.opens_tier.creator_id != row.creator_id:
        raise TierOfSomebodyElse
    if row.published_at is not None and row.opens_at <= row.published_at:
        raise OpensBeforeItIsOut
    wide = {Post.Audience.PUBLIC: 3, Post.Audience.MEMBERS: 2}
    before, after = wide.get(Post.Audience(row.audience), 0), wide.get(Post.Audience(row.opens_to), 1)
    same = row.tier is not None and row.opens_tier is not None and row.opens_tier.rank >= row.tier.rank
    if before >= after or same:
        raise OpensToNobodyNew


@transaction.atomic
def withdraw_post(*, post: Post) -> Post:
    """Take a post back to a draft, planned or out; a pin goes with it. Safe to repeat."""
    post.published_at = post.pinned_at = None
    post.save(update_fields=["published_at", "pinned_at"])
    return post


@transaction.atomic
def pin_post(*, post: Post, pinned: bool, now: datetime) -> Post:
    """Keep a post at the top of its creator's page, in place of the one that was there. Safe to repeat."""
    if pinned:
        Post.objects.filter(creator=post.creator_id, pinned_at__isnull=False).exclude(pk=post.pk).update(pinned_at=None)
    post.pinned_at = (post.pinned_at or now) if pinned else None
    post.save(update_fields=["pinned_at"])
    return post


def note_reading(*, post: Post, reader: User, now: datetime) -> None:
    """Remember that somebody opened a post. Safe to repeat: the first time stays."""
    PostReading.objects.bulk_create([PostReading(post=post, reader=reader, read_at=now)], ignore_conflicts=True)


def announce_post(*, post: Post, now: datetime) -> int:
    """Tell everybody with a live grant who may read a post that it is out; how many were told in this round.

    Each is told once, by the notice's key `post:{id}:{person}`, however often this is cut off or runs twice.
    """
    know_tiers([post])
    told = 0
    while True:
        waiting = Grant.objects.live(now).filter(creator=post.creator_id, fan__gt=post.announced_to)
        fans = list(waiting.order_by("fan_id").values_list("fan_id", flat=True).distinct()[:TOLD_AT_ONCE])
        for fan, mine in perks_of_fans(fans=fans, creator=post.creator, at=now):
            if mine.may_read(post):
                _tell_of(post, fan, now)
                told += 1
        Post.objects.filter(pk=post.pk).update(
            announced_to=fans[-1] if fans else post.announced_to,
            announced_at=now if len(fans) < TOLD_AT_ONCE else None,
        )
        if len(fans) < TOLD_AT_ONCE:
            return told
        post.announced_to = fans[-1]


def _tell_of(post: Post, fan: User, now: datetime) -> None:
    tell(
        to=fan,
        kind="subscriptions.post_published",
        subject=_("%(name)s: %(title)s") % {"name": post.creator.display_name, "title": post.title},
        body=post.teaser or _("A new post is open to you."),
        url=reverse("post_detail", args=[post.creator.handle, post.public_id]),
        now=now,
        key=f"post:{post.public_id}:{fan.pk}",
    )
