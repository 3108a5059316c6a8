"""A poll as one viewer sees it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from portal.accounts.models import User
from subscriptions.models import Poll, PollOption, Post
from subscriptions.queries.access import Perks, Viewer


@dataclass(frozen=True, slots=True)
class Answer:
    """`votes` and `percent` are None while this viewer has not earned to see them."""

    option: PollOption
    votes: int | None
    percent: int | None
    is_mine: bool


@dataclass(frozen=True, slots=True)
class PollView:
    """Counts show after one's own vote, after the end, and to who asked."""

    poll: Poll
    answers: list[Answer]
    total: int
    is_closed: bool
    may_vote: bool
    shows_counts: bool


def poll_view(*, post: Post, viewer: Viewer, mine: Perks, at: datetime) -> PollView | None:
    """The poll of a post, None without one. Three queries at most, however many voted."""
    poll = Poll.objects.filter(post=post).first()
    if poll is None:
        return None
    poll.post = post
    options = list(poll.options.annotate(count=Count("votes")))
    voted = None
    if isinstance(viewer, User):
        voted = poll.votes.filter(voter=viewer).values_list("option", flat=True).first()
    closed = poll.is_closed(at)
    shows = mine.is_owner or closed or voted is not None
    total = sum(option.count for option in options)
    shares = _shares([option.count for option in options])
    answers = [
        Answer(option, option.count if shows else None, share if shows else None, option.pk == voted)
        for option, share in zip(options, shares, strict=True)
    ]
    may_vote = isinstance(viewer, User) and not closed and voted is None and mine.may_read(post) and not mine.is_owner
    return PollView(poll, answers, total, closed, may_vote and post.is_published(at), shows)


def _shares(counts: list[int]) -> list[int]:
    """Whole percents that add up to 100: the largest remainders are rounded up."""
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    whole = [count * 100 // total for count in counts]
    rest = sorted(range(len(counts)), key=lambda n: (-(counts[n] * 100 % total), n))
    for n in rest[: 100 - sum(whole)]:
        whole[n] += 1
    return whole
