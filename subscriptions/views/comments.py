from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.kit.access import public, signed_in
from portal.kit.page import page
from portal.kit.public_ids import public_id as new_id
from portal.kit.refusal import Refusal
from subscriptions.actions import comments as deeds
from subscriptions.forms.comments import CommentEditForm, CommentForm, RemovalForm, ReportForm
from subscriptions.models import Comment, Post
from subscriptions.queries.access import perks
from subscriptions.queries.comments import comments_of, reactions_of
from subscriptions.queries.emojis import emoji_addresses, usable_emojis
from subscriptions.views.creators import private
from subscriptions.views.posts import readable_post
from subscriptions.views.requests import PersonRequest


@public
@require_http_methods(["GET", "HEAD", "POST"])
def comment_list(request: HttpRequest, handle: str, public_id: str) -> HttpResponse:
    """What readers said under a post, page by page; POST says something. htmx gets the comments alone."""
    now = timezone.now()
    post = readable_post(request, handle, public_id)
    mine = perks(viewer=request.user, creator=post.creator, at=now)
    if not mine.may_read(post):
        return redirect(_address(post))
    form = CommentForm(request.POST if request.method == "POST" else None, initial={"nonce": new_id()})
    if request.method == "POST":
        if not request.user.is_authenticated:
            return redirect(f"{reverse('account_login')}?next={_address(post)}")
        if form.is_valid() and _said(form, post, request):
            if not request.htmx:  # type: ignore[attr-defined]
                return redirect(f"{_address(post)}#comments")
            form = CommentForm(initial={"nonce": new_id()})
    context = {
        "post": post,
        "creator": post.creator,
        "mine": mine,
        "form": form,
        "thread": comments_of(post=post, viewer=request.user, at=now, number=request.GET.get("page")),
        "emojis": usable_emojis(creator=post.creator, mine=mine),
        "takes_comments": post.is_published(now) and (post.takes_comments or mine.is_owner),
    }
    status = 422 if form.errors else 200
    return private(page(request, "subscriptions/comment_list.html", context, part="comments", status=status))


def _said(form: CommentForm, post: Post, request: HttpRequest) -> bool:
    """Say it; False where it was refused, which then stands beside the form."""
    values = form.cleaned_data
    answers = post.comments.filter(public_id=values["answers"]).select_related("answers", "author").first()
    try:
        deeds.write_comment(
            post=post,
            author=request.user,  # type: ignore[arg-type]  # the caller has made sure
            text=values["text"],
            nonce=values["nonce"],
            answers=answers,
            now=timezone.now(),
        )
    except Refusal as refusal:
        form.add_error("text", str(refusal))
        return False
    return True


@signed_in
@require_POST
def reaction(request: PersonRequest, handle: str, public_id: str) -> HttpResponse:
    """Nod at a post, or take it back; htmx gets the row of signs."""
    now = timezone.now()
    post = readable_post(request, handle, public_id)
    try:
        deeds.react(post=post, person=request.user, sign=request.POST.get("sign", ""), now=now)
    except Refusal as refusal:
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(str(refusal), status=refusal.status, content_type="text/plain; charset=utf-8")
        messages.error(request, str(refusal))
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(f"{_address(post)}#reactions")
    mine = perks(viewer=request.user, creator=post.creator, at=now)
    shown = reactions_of(post=post, viewer=request.user, mine=mine, emojis=emoji_addresses(post.creator))
    context = {"post": post, "creator": post.creator, "reactions": shown}
    return private(page(request, "subscriptions/_reactions.html", context))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def comment_edit(request: PersonRequest, public_id: str) -> HttpResponse:
    """Change one's own comment, for 15 minutes."""
    comment = _visible(request, public_id)
    if comment is None or comment.author_id != request.user.pk:
        return _elsewhere(request)
    form = CommentEditForm(request.POST if request.method == "POST" else None, initial={"text": comment.text})
    if request.method == "POST" and form.is_valid():
        try:
            deeds.edit_comment(comment=comment, by=request.user, text=form.cleaned_data["text"], now=timezone.now())
            return redirect(f"{_address(comment.post)}#comments")
        except Refusal as refusal:
            form.add_error("text", str(refusal))
    context = {"form": form, "comment": comment, "post": comment.post, "back": _address(comment.post)}
    return private(page(request, "subscriptions/comment_edit.html", context, status=422 if form.errors else 200))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def comment_removal(request: PersonRequest, public_id: str) -> HttpResponse:
    """Take a comment away: one's own, or as creator or staff with a reason."""
    comment = _visible(request, public_id)
    if comment is None:
        return _elsewhere(request)
    form = RemovalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            deeds.remove_comment(
                comment=comment, by=request.user, reason=form.cleaned_data["reason"], now=timezone.now()
            )
            messages.success(request, _("The comment is removed."))
            return redirect(f"{_address(comment.post)}#comments")
        except Refusal as refusal:
            form.add_error("reason", str(refusal))
    context = {"form": form, "comment": comment, "post": comment.post, "back": _address(comment.post)}
    return private(page(request, "subscriptions/comment_removal.html", context, status=422 if form.errors else 200))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def comment_report(request: PersonRequest, public_id: str) -> HttpResponse:
    """Tell staff that a comment should not be there."""
    comment = _visible(request, public_id)
    if comment is None:
        return _elsewhere(request)
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            deeds.report_comment(comment=comment, by=request.user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, _("Thank you. Staff look at it."))
            return redirect(f"{_address(comment.post)}#comments")
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    context = {"form": form, "comment": comment, "post": comment.post, "back": _address(comment.post)}
    return private(page(request, "subscriptions/comment_report.html", context, status=422 if form.errors else 200))


def _visible(request: PersonRequest, public_id: str) -> Comment | None:
    """A comment that stands, where its post is open to who asks; None where it is not."""
    rows = Comment.objects.filter(removed_at__isnull=True).select_related(
        "author", "post__creator", "post__tier", "post__opens_tier"
    )
    comment = get_object_or_404(rows, public_id=public_id)
    now = timezone.now()
    mine = perks(viewer=request.user, creator=comment.post.creator, at=now)
    may_see = mine.may_read(comment.post) and (mine.is_owner or comment.post.is_published(now))
    return comment if may_see else None


def _elsewhere(request: PersonRequest) -> HttpResponse:
    messages.error(request, _("This comment is not open to you."))
    return redirect("home")


def _address(post: Post) -> str:
    return reverse("post_detail", args=[post.creator.handle, post.public_id])
