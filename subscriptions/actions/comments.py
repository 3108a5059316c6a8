"""Comment, answer, nod, report; remove and decide."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from subscriptions.models import Comment, CommentReport, Mute, Post, Reaction
from subscriptions.prose import chat_parts
from subscriptions.queries.access import Perks, perks
from subscriptions.queries.emojis import emoji_addresses, usable_emojis

MOST_IN_A_WINDOW, WINDOW = 5, timedelta(minutes=1)
MOST_REPORTS_A_DAY = 20


class CommentIsEmpty(Refusal):
    sentence = _("Write something first.")
    status = 422
    field = "text"


class CommentIsTooLong(Refusal):
    sentence = _("A comment has at most %(most)s characters.")
    status = 422
    field = "text"


class CommentsAreForReaders(Refusal):
    sentence = _("Only who can read this post can comment on it.")
    status = 403


class CommentsAreClosed(Refusal):
    sentence = _("The creator takes no comments on this post.")
    status = 403


class YouAreMutedHere(Refusal):
    sentence = _("You cannot write here for now: %(reason)s")
    status = 403


class TooManyComments(Refusal):
    sentence = _("That was quick. Please wait a minute before your next comment.")
    status = 429


class NotYourComment(Refusal):
    sentence = _("Only its author can change a comment; its author, the creator and staff can remove it.")
    status = 403


class TooLateToEdit(Refusal):
    sentence = _("A comment can be changed for 15 minutes. You can still answer it.")


class SayWhy(Refusal):
    sentence = _("Say why; the author can read it.")
    status = 422
    field = "reason"


class TooManyReports(Refusal):
    sentence = _("That is a lot of reports for one day. Staff look at those you sent first.")
    status = 429


class NoSuchSign(Refusal):
    sentence = _("There is no such reaction here.")
    status = 422


def _reader(post: Post, person: User, now: datetime) -> Perks:
    """Who may read a post that is out may also speak under it."""
    mine = perks(viewer=person, creator=post.creator, at=now)
    if not post.is_published(now) or not mine.may_read(post):
        raise CommentsAreForReaders
    return mine


@transaction.atomic
def write_comment(
    *, post: Post, author: User, text: str, nonce: str, now: datetime, answers: Comment | None = None
) -> Comment:
    """Say something under a post, or answer a comment. Safe to repeat with the same `nonce`.

    Answers are one level deep: an answer to an answer stands beside it. The author of what is answered is told.
    """
    text = _checked(text)
    # The author's row is the lock: two pages of one person cannot get round the limit together.
    author = User.objects.select_for_update().get(pk=author.pk)
    known = post.comments.filter(author=author, nonce=nonce).first()
    if known is not None:
        return known
    mine = _reader(post, author, now)
    _check_may_write(post, author, mine, now)
    if answers is not None and (answers.post_id != post.pk or answers.removed_at is not None):
        answers = None
    parent = answers.answers if answers is not None and answers.answers is not None else answers
    comment = Comment.objects.create(
        post=post,
        author=author,
        answers=parent,
        text=text,
        parts=_parts(post, text, mine),
        nonce=nonce,
        sent_at=now,
    )
    if answers is not None and answers.author_id != author.pk:
        _tell_of_answer(answers, comment, now)
    return comment


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise CommentIsEmpty
    if len(text) > Comment.LONGEST:
        raise CommentIsTooLong(most=Comment.LONGEST)
    return text


def _check_may_write(post: Post, author: User, mine: Perks, now: datetime) -> None:
    if mine.is_owner:
        return
    if not post.takes_comments:
        raise CommentsAreClosed
    # Who may not write in the chat for a while may not write here either.
    mute = Mute.objects.live(now).filter(room__creator=post.creator_id, fan=author).first()
    if mute is not None:
        raise YouAreMutedHere(reason=mute.reason)
    if Comment.objects.filter(author=author, sent_at__gt=now - WINDOW).count() >= MOST_IN_A_WINDOW:
        raise TooManyComments


def _parts(post: Post, text: str, mine: Perks) -> list[dict[str, object]]:
    return chat_parts(text, usable_emojis(creator=post.creator, mine=mine))


def _tell_of_answer(answered: Comment, comment: Comment, now: datetime) -> None:
    post = comment.post
    tell(
        to=answered.author,
        kind="subscriptions.comment_answered",
        subject=_("%(name)s answered you") % {"name": comment.author},
        body=comment.text[:300],
        url=reverse("post_detail", args=[post.creator.handle, post.public_id]) + "#comments",
        now=now,
        key=f"comment:{comment.public_id}:answered",
    )


@transaction.atomic
def edit_comment(*, comment: Comment, by: User, text: str, now: datetime) -> Comment:
    """Change one's own comment within 15 minutes. Safe to repeat."""
    text = _checked(text)
    row = Comment.objects.select_for_update(of=("self",)).select_related("post__creator").get(pk=comment.pk)
    if row.author_id != by.pk or row.removed_at is not None:
        raise NotYourComment
    if not row.is_editable(now):
        raise TooLateToEdit
    if text != row.text:
        mine = _reader(row.post, by, now)
        _check_muted_only(row.post, by, mine, now)
        row.text, row.parts, row.edited_at = text, _parts(row.post, text, mine), now
        row.save(update_fields=["text", "parts", "edited_at"])
    return row


def _check_muted_only(post: Post, author: User, mine: Perks, now: datetime) -> None:
    mute = Mute.objects.live(now).filter(room__creator=post.creator_id, fan=author).first()
    if mute is not None and not mine.is_owner:
        raise YouAreMutedHere(reason=mute.reason)


@transaction.atomic
def remove_comment(*, comment: Comment, by: User, now: datetime, reason: str = "") -> Comment:
    """Take a comment away: its author within 15 minutes without a word; the creator and staff with a reason, which the
    author is told. Safe to repeat: the first time and reason stay."""
    row = Comment.objects.select_for_update(of=("self",)).select_related("post__creator", "author").get(pk=comment.pk)
    if row.removed_at is not None:
        return row
    is_author = row.author_id == by.pk
    may_always = by.pk == row.post.creator.user_id or by.is_staff
    if not is_author and not may_always:
        raise NotYourComment
    if is_author and not may_always and not row.is_editable(now):
        raise TooLateToEdit
    if not is_author and not reason.strip():
        raise SayWhy
    row.removed_at, row.removed_by, row.removed_reason = now, by, reason.strip()
    row.save(update_fields=["removed_at", "removed_by", "removed_reason"])
    if not is_author:
        _tell_of_removal(row, now)
    return row


def _tell_of_removal(comment: Comment, now: datetime) -> None:
    tell(
        to=comment.author,
        kind="subscriptions.comment_removed",
        subject=_("A comment of yours was removed"),
        body=_("Under “%(title)s”: %(reason)s") % {"title": comment.post.title, "reason": comment.removed_reason},
        url=reverse("post_detail", args=[comment.post.creator.handle, comment.post.public_id]),
        now=now,
        key=f"comment:{comment.public_id}:removed",
    )


@transaction.atomic
def report_comment(*, comment: Comment, by: User, reason: str, now: datetime, note: str = "") -> CommentReport:
    """Tell staff that a comment should not be there. Safe to repeat: one report a person and comment."""
    _reader(comment.post, by, now)
    known = CommentReport.objects.filter(comment=comment, reporter=by).first()
    if known is not None:
        return known
    if CommentReport.objects.filter(reporter=by, reported_at__gt=now - timedelta(days=1)).count() >= MOST_REPORTS_A_DAY:
        raise TooManyReports
    return CommentReport.objects.create(comment=comment, reporter=by, reason=reason, note=note.strip(), reported_at=now)


@transaction.atomic
def decide_reports(*, comment: Comment, by: User, remove: bool, now: datetime) -> int:
    """Staff answer everything that waits about a comment: removed or kept; how many reports that was. Safe to repeat."""
    waiting = list(comment.reports.select_for_update().filter(state=CommentReport.State.OPEN))
    if remove and waiting:
        remove_comment(comment=comment, by=by, reason=str(waiting[0].get_reason_display()), now=now)
    state = CommentReport.State.REMOVED if remove else CommentReport.State.KEPT
    for report in waiting:
        report.state, report.decided_by, report.decided_at = state, by, now
        report.save(update_fields=["state", "decided_by", "decided_at"])
    return len(waiting)


@transaction.atomic
def react(*, post: Post, person: User, sign: str, now: datetime) -> Reaction | None:
    """Nod at a post; the same sign once more takes it back, another takes its place. One nod a person.

    `sign` is a name of `Reaction.Sign`, or `:emoji:` of the creator for who may use it. Returns what stands now.
    """
    mine = _reader(post, person, now)
    if sign not in Reaction.Sign.values:
        name = sign.strip(":")
        allowed = emoji_addresses(post.creator) if mine.is_owner else usable_emojis(creator=post.creator, mine=mine)
        if sign != f":{name}:" or name not in allowed:
            raise NoSuchSign
    known = Reaction.objects.select_for_update().filter(post=post, person=person).first()
    if known is not None and known.sign == sign:
        known.delete()
        return None
    values = {"sign": sign, "reacted_at": now}
    return Reaction.objects.update_or_create(post=post, person=person, defaults=values)[0]
