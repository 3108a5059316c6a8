"""Who may see what, and why. Every door of this app asks here, and the answer rests on live grants alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from portal.accounts.models import Creator, User
from subscriptions.models import Benefit, Grant, Post, Tier
from subscriptions.queries.tiers import Attached, benefits_of, contained

Viewer = User | AnonymousUser
DAYS_OF_A_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Perks:
    """What one viewer has of one creator at one moment."""

    is_owner: bool
    grants: tuple[Grant, ...]
    kinds: frozenset[str]

    @property
    def tier(self) -> Tier | None:
        """The highest tier that a live grant opens."""
        return max((grant.tier for grant in self.grants if grant.tier), key=lambda tier: tier.rank, default=None)

    @property
    def is_member(self) -> bool:
        return bool(self.grants)

    @property
    def chat(self) -> bool:
        return self.is_owner or Benefit.Kind.CHAT in self.kinds

    @property
    def emojis(self) -> bool:
        return self.is_owner or Benefit.Kind.EMOJIS in self.kinds

    @property
    def badge(self) -> str:
        """The word beside the name, '' without one."""
        return self.tier.badge if self.tier and Benefit.Kind.BADGE in self.kinds else ""

    def may_read(self, post: Post) -> bool:
        return self.is_owner or post.audience == Post.Audience.PUBLIC or bool(self.opening(post))

    def opening(self, post: Post) -> list[Grant]:
        """The live grants that open a post which is not for everybody."""
        if Benefit.Kind.CONTENT not in self.kinds:
            return []
        if post.audience == Post.Audience.MEMBERS:
            return list(self.grants)
        return [grant for grant in self.grants if grant.tier and post.tier and grant.tier.rank >= post.tier.rank]

    @property
    def until(self) -> datetime | None:
        """When the last of the live grants ends; None: no end is known."""
        return last_end(self.grants)


def last_end(grants: Iterable[Grant]) -> datetime | None:
    """The latest end; None when one has no end, or there is no grant."""
    ends = [grant.until_at for grant in grants]
    return max((end for end in ends if end), default=None) if None not in ends else None


def perks(*, viewer: Viewer, creator: Creator, at: datetime) -> Perks:
    """The one answer to "what may this person do here?". At most two queries, however much is asked of it then."""
    if not isinstance(viewer, User):
        return Perks(is_owner=False, grants=(), kinds=frozenset())
    if viewer.pk == creator.user_id:
        return Perks(is_owner=True, grants=(), kinds=frozenset(Benefit.Kind.values))
    rows = Grant.objects.live(at).filter(fan=viewer, creator=creator).select_related("tier", "benefit")
    grants = tuple(rows)
    attached = benefits_of(creator) if any(grant.tier for grant in grants) else []
    return Perks(is_owner=False, grants=grants, kinds=_kinds(grants, attached))


def all_perks(*, fan: User, at: datetime) -> dict[Creator, Perks]:
    """The same for every creator of whom a fan has anything, in two queries."""
    found: dict[Creator, list[Grant]] = {}
    for grant in Grant.objects.live(at).filter(fan=fan).select_related("tier", "benefit", "creator"):
        found.setdefault(grant.creator, []).append(grant)
    attached = benefits_of(*found)
    return {
        creator: Perks(is_owner=False, grants=tuple(grants), kinds=_kinds(grants, attached))
        for creator, grants in found.items()
    }


def _kinds(grants: Iterable[Grant], attached: list[Attached]) -> frozenset[str]:
    tiers = {grant.tier for grant in grants if grant.tier}
    kinds = {benefit.kind for tier in tiers for benefit in contained(tier, attached)}
    return frozenset(kinds | {grant.benefit.kind for grant in grants if grant.benefit})


@dataclass(frozen=True, slots=True)
class Why:
    """The answer to "why can I (not) see this?". `ends_at` None: no end is known. `needs` is the tier to join."""

    visible: bool
    sentence: str
    grants: tuple[Grant, ...] = ()
    ends_at: datetime | None = None
    needs: Tier | None = None


def why_visible(*, viewer: Viewer, post: Post, at: datetime) -> Why:
    """Which grants open a post for a viewer at a moment, and until when; or what is missing."""
    mine = perks(viewer=viewer, creator=post.creator, at=at)
    if mine.is_owner:
        return Why(True, _("You wrote this."))
    if post.audience == Post.Audience.PUBLIC:
        return Why(True, _("This post is for everybody."))
    opening = tuple(mine.opening(post))
    if opening:
        return Why(True, _("Your membership opens this."), opening, last_end(opening), post.tier)
    if mine.grants and post.tier is not None:
        sentence = _("Your membership is below %(tier)s, which this post needs.") % {"tier": post.tier}
    elif mine.grants:
        sentence = _("What you have does not include posts for members.")
    elif post.tier is not None:
        sentence = _("This post is for members of %(tier)s and above.") % {"tier": post.tier}
    else:
        sentence = _("This post is for members.")
    return Why(False, sentence, mine.grants, None, post.tier)


def tenure_months(*, fans: Iterable[User], creator: Creator, at: datetime) -> dict[int, int]:
    """User id → months begun as a member, in all: paid and gifted time, overlaps once, gaps not. One query."""
    spans: dict[int, list[tuple[datetime, datetime]]] = {}
    rows = Grant.objects.filter(
        fan__in=fans, creator=creator, from_at__lte=at, kind__in=(Grant.Kind.PAID, Grant.Kind.GIFTED)
    ).order_by("from_at")
    for fan_id, start, end, revoked in rows.values_list("fan_id", "from_at", "until_at", "revoked_at"):
        stop = min(moment for moment in (end, revoked, at) if moment is not None)
        known = spans.setdefault(fan_id, [])
        if known and start <= known[-1][1]:
            known[-1] = (known[-1][0], max(known[-1][1], stop))
        elif stop >= start:
            known.append((start, stop))
    return {fan_id: _months(parts) for fan_id, parts in spans.items()}


def _months(spans: list[tuple[datetime, datetime]]) -> int:
    """Each span counts the months it has begun, so the first day of a membership is month one."""
    return sum(int((stop - start).total_seconds() / 86_400 / DAYS_OF_A_MONTH) + 1 for start, stop in spans)
