"""Why somebody can, or cannot, see a thing at a moment: which grants, from what, until when, and what a cancel changes.

Everything here is read from grants; nothing is guessed. Staff and creators ask it of others, and of other days.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import Creator, User
from subscriptions.models import Benefit, Cancellation, Emoji, Grant, Invoice, Media, Post, Room, Tier
from subscriptions.queries.access import Perks, Viewer, fits, held_by, last_end, perks
from subscriptions.queries.tiers import Attached, benefits_of, contained

Thing = Post | Media | Room | Emoji | Benefit
Opens = Callable[[Grant, frozenset[str]], bool]

# What our own deeds write as the reason of a grant that ends, in words for people.
ENDINGS: dict[str, str | Promise] = {
    "paid": gettext_lazy("the payment arrived"),
    "ending": gettext_lazy("the membership is ending"),
}


@dataclass(frozen=True, slots=True)
class Cancel:
    """What a cancel at that moment would do to a thing: `closes_at` None and not `at_once`: nothing would close it."""

    closes_at: datetime | None = None
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """The answer to "why can I (not) see this?". `ends_at` None: no end is known. `needs` is the tier to join.

    `cancel` is None where there is nothing that a cancel could change.
    """

    visible: bool
    sentence: str
    grants: tuple[Grant, ...] = ()
    ends_at: datetime | None = None
    needs: Tier | None = None
    cancel: Cancel | None = None


def reason_of(*, mine: Perks, post: Post) -> Why:
    """Why a post is open to somebody or not, from their perks alone: no query, and nothing of what a cancel would do."""
    if mine.is_owner:
        return Why(True, _("You wrote this."))
    if post.is_public(mine.at):
        opened = post.audience != Post.Audience.PUBLIC
        return Why(True, _("This post has opened for everybody.") if opened else _("This post is for everybody."))
    opening = tuple(mine.opening(post))
    if opening:
        return Why(True, _("Your membership opens this."), opening, last_end(opening), post.tier)
    return Why(False, _missing(post, mine), mine.grants, None, post.tier)


def why_visible(*, viewer: Viewer, post: Post, at: datetime) -> Why:
    """Which grants open a post for a viewer at a moment, and until when; or what is missing. Four queries at most."""
    found = reason_of(mine=perks(viewer=viewer, creator=post.creator, at=at), post=post)
    if not found.grants or not found.visible:
        return found
    doors = post.doors(at)
    cancel = _cancel(viewer, post.creator, at, lambda grant, held: any(fits(grant, held, door) for door in doors))
    return replace(found, cancel=cancel)


def _missing(post: Post, mine: Perks) -> str:
    if post.audience == Post.Audience.TIERS:
        names = ", ".join(tier.name for tier in post.tiers.all())
        return _("This post is for members of these tiers only: %(tiers)s.") % {"tiers": names}
    if mine.grants and post.tier is not None:
        return _("Your membership is below %(tier)s, which this post needs.") % {"tier": post.tier}
    if mine.grants:
        return _("What you have does not include posts for members.")
    if post.tier is not None:
        return _("This post is for members of %(tier)s and above.") % {"tier": post.tier}
    return _("This post is for members.")


def why(*, viewer: Viewer, thing: Thing, at: datetime) -> Why:
    """The same for anything that a membership can open: post, media, chat, emoji, or one benefit."""
    if isinstance(thing, Media):
        return why_visible(viewer=viewer, post=thing.post, at=at)
    if isinstance(thing, Post):
        return why_visible(viewer=viewer, post=thing, at=at)
    mine = perks(viewer=viewer, creator=thing.creator, at=at)
    if mine.is_owner:
        return Why(True, _("It is yours."))
    if isinstance(thing, Benefit):
        attached = benefits_of(thing.creator)
        return _by(viewer, mine, thing.creator, lambda grant, _held: _contains(grant, thing, attached))
    if isinstance(thing, Room):
        return _by(viewer, mine, thing.creator, lambda _grant, held: Benefit.Kind.CHAT in held)
    if thing.live is None:
        return Why(False, _("Staff have not approved this emoji."))
    return _by(viewer, mine, thing.creator, lambda grant, held: _opens_emoji(grant, held, thing))


def _opens_emoji(grant: Grant, held: frozenset[str], emoji: Emoji) -> bool:
    rank = grant.tier.rank if grant.tier else 0
    return Benefit.Kind.EMOJIS in held and rank >= emoji.rank


def _contains(grant: Grant, benefit: Benefit, attached: list[Attached]) -> bool:
    if grant.tier is None:
        return grant.benefit_id == benefit.pk
    return any(one.benefit_id == benefit.pk for one in contained(grant.tier, attached))


def _by(viewer: Viewer, mine: Perks, creator: Creator, opens: Opens) -> Why:
    opening = tuple(grant for grant, held in zip(mine.grants, mine.holds, strict=True) if opens(grant, held))
    if opening:
        cancel = _cancel(viewer, creator, mine.at, opens)
        return Why(True, _("Your membership opens this."), opening, last_end(opening), cancel=cancel)
    sentence = _("What you have does not include this.") if mine.grants else _("This is for members.")
    return Why(False, sentence, mine.grants)


def _cancel(viewer: Viewer, creator: Creator, at: datetime, opens: Opens) -> Cancel | None:
    if not isinstance(viewer, User):
        return None
    rows = Grant.objects.filter(fan=viewer, creator=creator).select_related("tier", "benefit")
    return after_cancel(list(rows), benefits_of(creator), at, opens)


def after_cancel(grants: list[Grant], attached: list[Attached], at: datetime, opens: Opens) -> Cancel | None:
    """A cancel takes back the grace of a payment and lets everything else run out: until when does that reach?

    `grants` are all of one fan and one creator, past and future ones too. None: there is nothing to cancel.
    """
    paying = (Grant.Kind.PAID, Grant.Kind.GRACE)
    if not any(grant.kind in paying and grant.is_live(at) for grant in grants):
        return None
    kept = [grant for grant in grants if grant.kind != Grant.Kind.GRACE and not _is_over(grant, at)]
    lasting = [grant for grant, held in zip(kept, held_by(kept, attached), strict=True) if opens(grant, held)]
    reach = at
    for grant in sorted(lasting, key=lambda grant: grant.from_at):
        if grant.from_at > reach:
            break
        if grant.until_at is None:
            return Cancel()
        reach = max(reach, grant.until_at)
    return Cancel(closes_at=reach, at_once=reach == at)


def _is_over(grant: Grant, at: datetime) -> bool:
    revoked = grant.revoked_at is not None and grant.revoked_at <= at
    return revoked or (grant.until_at is not None and grant.until_at <= at)


# --- All of one fan and one creator ----------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One thing a creator gives, and why this fan has it or not."""

    label: str
    why: Why


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that opened or closed a door. `who` None: a rule or the payment did it; `url` leads to its source."""

    at: datetime
    step: str
    grant: Grant | None
    who: User | None
    reason: str
    url: str = ""

    STEPS: ClassVar = {
        "given": gettext_lazy("Given"),
        "ended": gettext_lazy("Ended"),
        "revoked": gettext_lazy("Taken back"),
        "canceled": gettext_lazy("Canceled"),
        "stayed": gettext_lazy("Stayed after all"),
    }

    @property
    def word(self) -> str:
        return str(self.STEPS[self.step])


@dataclass(frozen=True, slots=True)
class Dossier:
    """What a fan has of a creator at a moment, and how that came about; the newest moment first."""

    mine: Perks
    lines: list[Line]
    moments: list[Moment]

    @property
    def lost(self) -> Moment | None:
        """The last closing, for somebody to whom nothing is open any more."""
        closings = (moment for moment in self.moments if moment.step in ("ended", "revoked"))
        return None if self.mine.grants else next(closings, None)


def dossier(*, fan: User, creator: Creator, at: datetime, receipts: bool) -> Dossier:
    """Everything about one fan and one creator "as of" a moment, in seven queries.

    `receipts`: may the reader open the fan's receipts? Then what was paid links to them.
    """
    mine = perks(viewer=fan, creator=creator, at=at)
    attached = benefits_of(creator)
    people = ("tier", "benefit", "granted_by", "revoked_by")
    grants = list(Grant.objects.filter(fan=fan, creator=creator).select_related(*people))
    lines = []
    given = {grant.benefit_id for grant in mine.grants if grant.benefit_id}
    for benefit in Benefit.objects.filter(pk__in={one.benefit_id for one in attached} | given):

        def opens(grant: Grant, _held: frozenset[str], benefit: Benefit = benefit) -> bool:
            return _contains(grant, benefit, attached)

        opening = tuple(grant for grant in mine.grants if opens(grant, frozenset()))
        cancel = after_cancel(grants, attached, at, opens) if opening else None
        sentence = _("Open") if opening or mine.is_owner else _("Not open")
        lines.append(Line(benefit.title, Why(bool(opening), sentence, opening, last_end(opening), None, cancel)))
    return Dossier(mine, lines, moments(fan, creator, grants, at, receipts=receipts))


def moments(fan: User, creator: Creator, grants: list[Grant], at: datetime, *, receipts: bool) -> list[Moment]:
    """Every opening and closing up to a moment, newest first: given, ended, taken back by whom and why. Two queries."""
    links = _receipts(grants) if receipts else {}
    found: list[Moment] = []
    for grant in grants:
        found += [moment for moment in _of_grant(grant, links.get(grant.source, "")) if moment.at <= at]
    asked = Cancellation.objects.filter(membership__fan=fan, membership__creator=creator, asked_at__lte=at)
    for row in asked.select_related("asked_by"):
        found.append(Moment(row.asked_at, "canceled", None, row.asked_by, str(row.get_reason_display())))
        if row.undone_at is not None and row.undone_at <= at:
            found.append(Moment(row.undone_at, "stayed", None, row.asked_by, ""))
    return sorted(found, key=lambda moment: moment.at, reverse=True)


def _of_grant(grant: Grant, url: str) -> list[Moment]:
    found = [Moment(grant.from_at, "given", grant, grant.granted_by, _reason(grant), url)]
    if grant.revoked_at is not None and (grant.until_at is None or grant.revoked_at < grant.until_at):
        # A door that was closed before it opened was never one.
        if grant.revoked_at <= grant.from_at:
            return []
        reason = str(ENDINGS.get(grant.revoked_reason, grant.revoked_reason))
        # A rule that lets patience end, because the payment came or will not, takes nothing back.
        step = "ended" if grant.kind == Grant.Kind.GRACE and grant.revoked_by is None else "revoked"
        return [*found, Moment(grant.revoked_at, step, grant, grant.revoked_by, reason, url)]
    if grant.until_at is not None:
        found.append(Moment(grant.until_at, "ended", grant, None, _("its time was over"), url))
    return found


def _reason(grant: Grant) -> str:
    if grant.kind == Grant.Kind.PAID and grant.reason:
        return _("%(kind)s, in the season “%(season)s”") % {"kind": _kind(grant), "season": grant.reason}
    return grant.reason or _kind(grant)


def _kind(grant: Grant) -> str:
    return str(grant.get_kind_display())


def _receipts(grants: Iterable[Grant]) -> dict[str, str]:
    """Source of a paid grant → the address of its receipt. One query."""
    ids = [grant.source.removeprefix("invoice:") for grant in grants if grant.source.startswith("invoice:")]
    rows = Invoice.objects.filter(stripe_id__in=ids, paid_at__isnull=False).values_list("stripe_id", "public_id")
    return {f"invoice:{stripe_id}": reverse("receipt", args=[key]) for stripe_id, key in rows}
