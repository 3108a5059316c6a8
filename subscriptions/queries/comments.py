"""Comments and reactions under a post, in a number of queries that does not grow."""

from dataclasses import dataclass, field
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.functional import Promise

from portal.accounts.models import User
from subscriptions.models import Comment, Post, Reaction
from subscriptions.queries.access import Perks, Viewer
from subscriptions.queries.emojis import usable_emojis
from subscriptions.queries.tenure import Badge, badges

A_PAGE = 50
# One thread shows so many answers; more of them is a conversation for the chat.
REPLIES_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as one viewer sees it. An empty badge is false."""

    comment: Comment
    badge: Badge
    is_creator: bool
    may_edit: bool
    may_remove: bool
    may_report: bool
    replies: "list[Said]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Thread:
    """One page of what was said; `total` counts everything that is not removed."""

    page: Page
    said: list[Said]
    total: int


def comments_of(*, post: Post, viewer: Viewer, at: datetime, number: str | int | None = None) -> Thread:
    """One page of comments, newest first, each with its answers, oldest first. Nine queries at most.

    A removed comment stays as an empty place while somebody has answered it.
    """
    kept = Comment.objects.filter(answers=OuterRef("pk"), removed_at__isnull=True)
    tops = post.comments.filter(Q(removed_at__isnull=True) | Exists(kept), answers__isnull=True)
    page = Paginator(tops.select_related("author").order_by("-pk"), A_PAGE).get_page(number)
    rows = list(page.object_list)
    answers = post.comments.filter(answers__in=[row.pk for row in rows], removed_at__isnull=True)
    replies = list(answers.select_related("author").order_by("pk")[:REPLIES_SHOWN]) if rows else []
    people = {row.author for row in [*rows, *replies]}
    worn = badges(fans=people, creator=post.creator, at=at) if people else {}
    below: dict[int, list[Said]] = {}
    for reply in replies:
        below.setdefault(reply.answers_id or 0, []).append(_said(reply, post, viewer, worn, at))
    said = [_said(row, post, viewer, worn, at, below.get(row.pk, [])) for row in rows]
    return Thread(page, said, post.comments.filter(removed_at__isnull=True).count())


def _said(
    comment: Comment,
    post: Post,
    viewer: Viewer,
    worn: dict[int, Badge],
    at: datetime,
    replies: list[Said] | None = None,
) -> Said:
    person = viewer if isinstance(viewer, User) else None
    own = person is not None and comment.author_id == person.pk
    over = person is not None and (person.pk == post.creator.user_id or person.is_staff)
    stands = comment.removed_at is None
    return Said(
        comment=comment,
        badge=worn.get(comment.author_id, Badge()),
        is_creator=comment.author_id == post.creator.user_id,
        may_edit=own and comment.is_editable(at),
        may_remove=stands and (over or (own and comment.is_editable(at))),
        may_report=stands and person is not None and not own,
        replies=replies or [],
    )


@dataclass(frozen=True, slots=True)
class Nods:
    """One sign one can give: a drawn one, or an emoji of the creator (`src`), and how many gave it."""

    sign: str
    label: str | Promise
    count: int
    is_mine: bool
    src: str = ""


@dataclass(frozen=True, slots=True)
class Reactions:
    """`shown` are the drawn signs and the emojis somebody gave; `more` the other emojis this viewer may use; `usable` all
    of those, name → address."""

    shown: list[Nods]
    more: list[Nods]
    may_react: bool
    usable: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(nods.count for nods in self.shown)


def reactions_of(*, post: Post, viewer: Viewer, mine: Perks, emojis: dict[str, str]) -> Reactions:
    """How people nodded at a post; `emojis` are all that are live. Three queries, however many did.

    A sign of an emoji that is gone is not shown; it comes back with the emoji.
    """
    counts = dict(post.reactions.order_by().values_list("sign").annotate(Count("pk")))
    own, usable = "", {}
    if isinstance(viewer, User):
        own = post.reactions.filter(person=viewer).values_list("sign", flat=True).first() or ""
        usable = emojis if mine.is_owner else usable_emojis(creator=post.creator, mine=mine)
    shown = [Nods(sign, label, counts.get(sign, 0), sign == own) for sign, label in Reaction.Sign.choices]
    named = {f":{name}:": src for name, src in emojis.items()}
    shown += [Nods(sign, sign, counts[sign], sign == own, src) for sign, src in named.items() if sign in counts]
    more = [Nods(f":{name}:", f":{name}:", 0, False, src) for name, src in usable.items() if f":{name}:" not in counts]
    return Reactions(shown, more, isinstance(viewer, User) and mine.may_read(post), usable)
