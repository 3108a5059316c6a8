"""Ask a question under a post, and answer it once."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from subscriptions.models import Poll, PollOption, PollVote, Post
from subscriptions.queries.access import perks


class WrongNumberOfOptions(Refusal):
    sentence = _("A poll has two to six answers, each on a line of its own and no two alike.")
    field = "options"


class OptionIsTooLong(Refusal):
    sentence = _("An answer has at most 80 characters.")
    field = "options"


class PollHasVotes(Refusal):
    sentence = _("Somebody has voted already, so the question and its answers stay as they are.")
    field = "options"


class PollClosesInThePast(Refusal):
    sentence = _("Choose a moment that is still to come.")
    field = "closes_at"


class PollIsClosed(Refusal):
    sentence = _("This poll is closed.")


class PollIsForReaders(Refusal):
    sentence = _("Only who can read this post can vote.")
    status = 403


class AlreadyVoted(Refusal):
    sentence = _("You have voted. Everybody has one vote, and it stays.")


class OptionOfAnotherPoll(Refusal):
    sentence = _("Choose one of the answers.")
    status = 422


@transaction.atomic
def ask_poll(
    *, post: Post, question: str, options: Sequence[str], now: datetime, closes_at: datetime | None = None
) -> Poll:
    """Put a question under a post, or change it while nobody has voted; the closing moment can change later too.

    Safe to repeat: one poll a post.
    """
    answers = [option.strip() for option in options if option.strip()]
    if not Poll.FEWEST <= len(answers) <= Poll.MOST or len({answer.lower() for answer in answers}) != len(answers):
        raise WrongNumberOfOptions
    if any(len(answer) > 80 for answer in answers):
        raise OptionIsTooLong
    post = Post.objects.select_for_update().get(pk=post.pk)
    poll = Poll.objects.filter(post=post).first()
    if closes_at is not None and closes_at <= now and (poll is None or poll.closes_at != closes_at):
        raise PollClosesInThePast
    if poll is None:
        poll = Poll.objects.create(post=post, question=question, closes_at=closes_at, asked_at=now)
    same = [option.text for option in poll.options.all()] == answers and poll.question == question
    if not same and poll.votes.exists():
        raise PollHasVotes
    if not same:
        poll.options.all().delete()
        PollOption.objects.bulk_create(PollOption(poll=poll, position=n, text=text) for n, text in enumerate(answers))
    poll.question, poll.closes_at = question, closes_at
    poll.save(update_fields=["question", "closes_at"])
    return poll


@transaction.atomic
def remove_poll(*, post: Post) -> None:
    """Take the question away, while nobody has voted. Safe to repeat."""
    poll = Poll.objects.filter(post=post).first()
    if poll is None:
        return
    if poll.votes.exists():
        raise PollHasVotes
    poll.delete()


@transaction.atomic
def vote(*, poll: Poll, option: PollOption, voter: User, now: datetime) -> PollVote:
    """Answer. Safe to repeat with the same option; another one is refused, because each person has one vote."""
    if option.poll_id != poll.pk:
        raise OptionOfAnotherPoll
    post = poll.post
    mine = perks(viewer=voter, creator=post.creator, at=now)
    if not post.is_published(now) or not mine.may_read(post):
        raise PollIsForReaders
    known = PollVote.objects.filter(poll=poll, voter=voter).first()
    if known is None:
        if poll.is_closed(now):
            raise PollIsClosed
        values = {"option": option, "voted_at": now}
        known = PollVote.objects.get_or_create(poll=poll, voter=voter, defaults=values)[0]
    if known.option_id != option.pk:
        raise AlreadyVoted
    return known
