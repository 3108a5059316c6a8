from datetime import datetime, timedelta

from django.db import transaction

from portal.accounts.models import User
from portal.feedback.models import Answer, Idea, Vote
from portal.kit.refusal import Refusal
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell

A_DAY = timedelta(days=1)
IDEAS_A_DAY = 10


class TooManyIdeas(Refusal):
    sentence = _("That is %(limit)s ideas within a day. Tomorrow there is room for more.")
    status = 429


@transaction.atomic
def suggest(*, author: User, title: str, body: str, area: str, page: str = "", now: datetime) -> Idea:
    """Put an idea up, with its author's own vote. The same author and title within a day is the same idea."""
    recent = Idea.objects.filter(author=author, suggested_at__gt=now - A_DAY)
    again = recent.filter(title=title).first()
    if again:
        return again
    if recent.count() >= IDEAS_A_DAY:
        raise TooManyIdeas(limit=IDEAS_A_DAY)
    idea = Idea.objects.create(author=author, title=title, body=body, area=area, page=page[:200], suggested_at=now)
    vote(user=author, idea=idea, now=now)
    return idea


@transaction.atomic
def vote(*, user: User, idea: Idea, now: datetime) -> Vote:
    """Want it too. Safe to repeat, by (idea, user)."""
    row, _created = Vote.objects.get_or_create(idea=idea, user=user, defaults={"voted_at": now})
    return row


def unvote(*, user: User, idea: Idea) -> None:
    """Take the vote back. Safe to repeat."""
    Vote.objects.filter(idea=idea, user=user).delete()


@transaction.atomic
def answer(*, idea: Idea, by: User, outcome: str, text: str, now: datetime) -> Answer:
    """Say where the idea stands and why, and tell everybody who voted. Safe to repeat: the same words count once."""
    newest = idea.answers.first()
    if newest and (newest.outcome, newest.text) == (outcome, text):
        return newest
    row = Answer.objects.create(idea=idea, author=by, outcome=outcome, text=text, answered_at=now)
    for voted in idea.votes.select_related("user"):
        tell(
            to=voted.user,
            kind="feedback.answered",
            subject=_("“%(idea)s”: %(outcome)s") % {"idea": idea.title, "outcome": row.get_outcome_display()},
            body=text,
            url=idea.get_absolute_url(),
            now=now,
            key=f"answer:{row.pk}:{voted.user_id}",
        )
    return row
