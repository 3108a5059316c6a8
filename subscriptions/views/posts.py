from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.access import creator_only
from portal.kit.access import public
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions.posts import withdraw_post, write_post
from subscriptions.forms.posts import PostForm
from subscriptions.models import Post
from subscriptions.prose import render_post
from subscriptions.queries import why as reasons
from subscriptions.queries.emojis import emoji_addresses
from subscriptions.views.creators import private
from subscriptions.views.requests import CreatorRequest

POSTS_A_PAGE = 20


@public
@require_safe
def post_detail(request: HttpRequest, handle: str, public_id: str) -> HttpResponse:
    """A post; without the right its teaser, the tier it needs, and why."""
    now = timezone.now()
    post = _post(request, handle, public_id)
    why = reasons.why_visible(viewer=request.user, post=post, at=now)
    html = render_post(post.body, emoji_addresses(post.creator)) if why.visible else ""
    context = {"post": post, "creator": post.creator, "why": why, "html": html}
    return private(page(request, "subscriptions/post_detail.html", context, status=200 if why.visible else 403))


@public
@require_safe
def why_visible(request: HttpRequest, handle: str, public_id: str) -> HttpResponse:
    """Why can I see this, or why not, and until when?"""
    post = _post(request, handle, public_id)
    why = reasons.why_visible(viewer=request.user, post=post, at=timezone.now())
    return private(page(request, "subscriptions/why_visible.html", {"post": post, "creator": post.creator, "why": why}))


@creator_only
@require_safe
def post_list(request: CreatorRequest) -> HttpResponse:
    """The creator's posts, drafts first."""
    rows = Post.objects.filter(creator=request.creator).select_related("tier").defer("body").order_by("-pk")
    found = Paginator(rows, POSTS_A_PAGE).get_page(request.GET.get("page"))
    return page(request, "subscriptions/post_list.html", {"posts": found})


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def post_new(request: CreatorRequest) -> HttpResponse:
    return _edit(request, None)


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def post_edit(request: CreatorRequest, public_id: str) -> HttpResponse:
    return _edit(request, get_object_or_404(Post, creator=request.creator, public_id=public_id))


def _edit(request: CreatorRequest, post: Post | None) -> HttpResponse:
    """One form for new and old posts; its buttons save, publish or take back."""
    creator = request.creator
    form = PostForm(request.POST if request.method == "POST" else None, creator=creator, instance=post)
    if request.method == "POST" and form.is_valid():
        try:
            saved = write_post(
                creator=creator,
                post=post,
                now=timezone.now(),
                publish="publish" in request.POST,
                **form.cleaned_data,
            )
            if "withdraw" in request.POST:
                withdraw_post(post=saved)
            messages.success(request, _("Saved."))
            return redirect("post_edit", public_id=saved.public_id)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    preview = render_post(post.body, emoji_addresses(creator)) if post else ""
    template = "subscriptions/post_edit.html" if post else "subscriptions/post_new.html"
    context = {"form": form, "post": post, "preview": preview}
    return page(request, template, context, status=422 if form.errors else 200)


def _post(request: HttpRequest, handle: str, public_id: str) -> Post:
    """A published post; drafts only for who wrote them."""
    rows = Post.objects.with_doors().select_related("creator")
    post = get_object_or_404(rows, creator__handle=handle, public_id=public_id)
    if not post.is_published(timezone.now()) and post.creator.user_id != request.user.pk:
        raise Http404
    return post
