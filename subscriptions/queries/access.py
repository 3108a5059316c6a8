"""Who may see what, and why. Every door of this app asks here, and the answer rests on live grants alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser

from portal.accounts.models import Creator, User
from subscriptions.models import Benefit, Door, Grant, Membership, Post, Tier
from subscriptions.queries.tiers import Attached, benefits_of, contained

Viewer = User | AnonymousUser


@dataclass(frozen=True, slots=True)
class Perks:
    """What one viewer has of one creator at one moment."""

    is_owner: bool
    grants: tuple[Grant, ...]
    # What each of the grants holds, in their order.
    holds: tuple[frozenset[str], ...]
    at: datetime

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(Benefit.Kind.values) if self.is_owner else frozenset().union(*self.holds)

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
        return self.is_owner or post.is_public(self.at) or bool(self.opening(post))

    def opening(self, post: Post) -> list[Grant]:
        """The live grants that open a post which is not for everybody, through any of its doors."""
        if Benefit.Kind.CONTENT not in self.kinds:
            return []
        doors = post.doors(self.at)
        found = zip(self.grants, self.holds, strict=True)
        return [grant for grant, held in found if any(fits(grant, held, door) for door in doors)]

    def giving(self, kind: str) -> list[Grant]:
        """The live grants that hold a kind of benefit."""
        return [grant for grant, held in zip(self.grants, self.holds, strict=True) if kind in held]

    @property
    def until(self) -> datetime | None:
        """When the last of the live grants ends; None: no end is known."""
        return last_end(self.grants)


def fits(grant: Grant, held: frozenset[str], door: Door) -> bool:
    """Does a grant fit a door for members? A higher tier fits the door of a lower one; chosen tiers are meant exactly.

    `held` is what the grant holds: a door for all members asks that it holds posts at all.
    """
    if door.audience == Post.Audience.MEMBERS:
        return Benefit.Kind.CONTENT in held
    if grant.tier is None:
        return False
    if door.audience == Post.Audience.TIERS:
        return grant.tier.pk in door.chosen
    return door.tier is not None and grant.tier.rank >= door.tier.rank


def last_end(grants: Iterable[Grant]) -> datetime | None:
    """The latest end; None when one has no end, or there is no grant."""
    ends = [grant.until_at for grant in grants]
    return max((end for end in ends if end), default=None) if None not in ends else None


def perks(*, viewer: Viewer, creator: Creator, at: datetime) -> Perks:
    """The one answer to "what may this person do here?". At most two queries, however much is asked of it then."""
    if not isinstance(viewer, User):
        return Perks(is_owner=False, grants=(), holds=(), at=at)
    if viewer.pk == creator.user_id:
        return Perks(is_owner=True, grants=(), holds=(), at=at)
    rows = Grant.objects.live(at).filter(fan=viewer, creator=creator).select_related("tier", "benefit")
    grants = tuple(rows)
    attached = benefits_of(creator) if any(grant.tier for grant in grants) else []
    return Perks(is_owner=False, grants=grants, holds=held_by(grants, attached), at=at)


def opens_at(*, membership: Membership, mine: Perks) -> datetime | None:
    """From when on a membership opens its tier, where something comes first: a season's billing day, or a gift of less.
    None where it is open.
    """
    is_less = mine.tier is None or mine.tier.rank < membership.tier.rank
    return membership.period_end_at if membership.status == Membership.Status.TRIALING and is_less else None


def all_perks(*, fan: User, at: datetime) -> dict[Creator, Perks]:
    """The same for every creator of whom a fan has anything, in two queries."""
    found: dict[Creator, list[Grant]] = {}
    for grant in Grant.objects.live(at).filter(fan=fan).select_related("tier", "benefit", "creator"):
        found.setdefault(grant.creator, []).append(grant)
    attached = benefits_of(*found)
    return {
        creator: Perks(is_owner=False, grants=tuple(grants), holds=held_by(grants, attached), at=at)
        for creator, grants in found.items()
    }


def perks_of_fans(*, fans: Iterable[int], creator: Creator, at: datetime) -> list[tuple[User, Perks]]:
    """The same for many fans (ids) of one creator, in two queries; who has no live grant is left out."""
    found: dict[User, list[Grant]] = {}
    for grant in Grant.objects.live(at).filter(fan__in=fans, creator=creator).select_related("tier", "benefit", "fan"):
        found.setdefault(grant.fan, []).append(grant)
    attached = benefits_of(creator) if found else []
    return [
        (fan, Perks(is_owner=False, grants=tuple(grants), holds=held_by(grants, attached), at=at))
        for fan, grants in found.items()
    ]


def held_by(grants: Iterable[Grant], attached: list[Attached]) -> tuple[frozenset[str], ...]:
    """The kinds of benefits that each of the grants holds, in their order; `attached` as from `benefits_of`."""
    of_tier: dict[int, frozenset[str]] = {}
    found = []
    for grant in grants:
        if grant.benefit is not None:
            found.append(frozenset({grant.benefit.kind}))
        elif grant.tier is not None:
            if grant.tier.pk not in of_tier:
                of_tier[grant.tier.pk] = frozenset(one.kind for one in contained(grant.tier, attached))
            found.append(of_tier[grant.tier.pk])
    return tuple(found)
