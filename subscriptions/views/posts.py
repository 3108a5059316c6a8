from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import creator_only
from portal.accounts.models import User
from portal.kit.access import public
from portal.kit.page import page
from portal.kit.public_ids import public_id as new_id
from portal.kit.refusal import Refusal
from portal.kit.undo import offer_undo
from portal.kit.words import day_lazy
from subscriptions.actions import posts as deeds
from subscriptions.forms.comments import CommentForm
from subscriptions.forms.posts import PostForm
from subscriptions.models import Post
from subscriptions.prose import render_post
from subscriptions.queries.access import Perks, perks
from subscriptions.queries.comments import comments_of, reactions_of
from subscriptions.queries.emojis import emoji_addresses
from subscriptions.queries.media import media_of
from subscriptions.queries.polls import poll_view
from subscriptions.queries.posts import needed_offer, with_counts
from subscriptions.queries.tiers import offers
from subscriptions.queries.why import Why, reason_of
from subscriptions.views.creators import private
from subscriptions.views.requests import CreatorRequest

POSTS_A_PAGE = 20


@public
@require_safe
def post_detail(request: HttpRequest, handle: str, public_id: str) -> HttpResponse:
    """A post with all that belongs to it; without the right its teaser, the tier it needs, and the way in."""
    now = timezone.now()
    post = readable_post(request, handle, public_id)
    mine = perks(viewer=request.user, creator=post.creator, at=now)
    why = reason_of(mine=mine, post=post)
    if not why.visible:
        offer = needed_offer(post=post, offers=offers(creator=post.creator, at=now))
        context = {"post": post, "creator": post.creator, "why": why, "offer": offer, "mine": mine, "now": now}
        return private(page(request, "subscriptions/post_detail.html", context, status=403))
    context = open_post(request, post, mine, why)
    if isinstance(request.user, User) and request.method == "GET" and not mine.is_owner:
        deeds.note_reading(post=post, reader=request.user, now=now)
    return private(page(request, "subscriptions/post_detail.html", context))


def open_post(request: HttpRequest, post: Post, mine: Perks, why: Why) -> dict[str, Any]:
    """Everything below a title that is open: text, media, poll, reactions, comments."""
    emojis = emoji_addresses(post.creator)
    shown = reactions_of(post=post, viewer=request.user, mine=mine, emojis=emojis)
    return {
        "post": post,
        "creator": post.creator,
        "why": why,
        "mine": mine,
        "now": mine.at,
        "html": render_post(post.body, emojis),
        "media": media_of(post=post, viewer=request.user, at=mine.at),
        "emojis": shown.usable,
        "poll": poll_view(post=post, viewer=request.user, mine=mine, at=mine.at),
        "reactions": shown,
        "thread": comments_of(post=post, viewer=request.user, at=mine.at),
        "form": CommentForm(initial={"nonce": new_id()}),
        "takes_comments": post.is_published(mine.at) and (post.takes_comments or mine.is_owner),
    }


@creator_only
@require_safe
def post_list(request: CreatorRequest) -> HttpResponse:
    """The creator's posts, drafts first."""
    rows = with_counts(Post.objects.filter(creator=request.creator).select_related("tier").defer("body"))
    found = Paginator(rows.order_by("-pk"), POSTS_A_PAGE).get_page(request.GET.get("page"))
    return page(request, "subscriptions/post_list.html", {"posts": found, "now": timezone.now()})


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def post_new(request: CreatorRequest) -> HttpResponse:
    return _edit(request, None)


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def post_edit(request: CreatorRequest, public_id: str) -> HttpResponse:
    return _edit(request, own_post(request, public_id))


def _edit(request: CreatorRequest, post: Post | None) -> HttpResponse:
    """One form for new and old posts; its buttons save, publish, plan or take back."""
    creator, now = request.creator, timezone.now()
    form = PostForm(request.POST if request.method == "POST" else None, creator=creator, instance=post)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if "publish_now" in request.POST:
            values["publish_at"] = None
        # What is planned stays planned when it is saved, at the moment that is written there now.
        is_planned = post is not None and post.is_planned(now) and values["publish_at"] is not None
        publish = is_planned or bool({"publish", "publish_now"} & set(request.POST))
        try:
            saved = deeds.write_post(creator=creator, post=post, now=now, publish=publish, **values)
            if "withdraw" in request.POST:
                deeds.withdraw_post(post=saved)
            messages.success(request, _said(saved))
            return redirect("post_edit", public_id=saved.public_id)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            post = own_post(request, post.public_id) if post else None
    template = "subscriptions/post_edit.html" if post else "subscriptions/post_new.html"
    emojis = emoji_addresses(creator)
    context = {"form": form, "post": post, "preview": _preview(request, post), "now": now, "emojis": emojis}
    return page(request, template, context, status=422 if form.errors else 200)


def _said(post: Post) -> str:
    if post.is_planned(timezone.now()) and post.published_at is not None:
        moment = timezone.localtime(post.published_at)
        return _("Planned for %(moment)s, in your time zone.") % {"moment": day_lazy(moment, "DATETIME_FORMAT")}
    return _("Saved.")


def _preview(request: CreatorRequest, post: Post | None) -> str:
    body = request.POST.get("body") if request.method == "POST" else (post.body if post else "")
    return render_post((body or "")[:40_000], emoji_addresses(request.creator)) if body else ""


@creator_only
@require_POST
def post_preview(request: CreatorRequest) -> HttpResponse:
    """The text as readers will see it: the part below the form while one types, a whole page without scripts.

    Nothing is saved; the page holds the form as it was written, to go on from.
    """
    post = Post.objects.filter(creator=request.creator, public_id=request.POST.get("post", "")).first()
    form = PostForm(creator=request.creator, initial=_as_typed(request.POST), instance=post)
    context = {
        "form": form,
        "post": post,
        "preview": _preview(request, post),
        "now": timezone.now(),
        "is_preview": True,
    }
    return page(request, "subscriptions/post_preview.html", context, part="preview")


def _as_typed(posted: QueryDict) -> dict[str, object]:
    values: dict[str, object] = {name: posted.get(name, "") for name in (*PostForm.Meta.fields, "publish_at")}
    values["tiers"] = [key for key in posted.getlist("tiers") if key.isdigit()]
    values["takes_comments"] = "takes_comments" in posted
    return values


@creator_only
@require_POST
def post_pin(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Keep a post at the top of the creator's page, or let it go."""
    post = own_post(request, public_id)
    deeds.pin_post(post=post, pinned=request.POST.get("on") == "1", now=timezone.now())
    said = _("It stays at the top of your page.") if post.pinned_at else _("No longer pinned.")
    offer_undo(request, said, request.path, {"on": "0" if post.pinned_at else "1"})
    return redirect("post_list")


def own_post(request: CreatorRequest, public_id: str) -> Post:
    return get_object_or_404(Post, creator=request.creator, public_id=public_id)


def readable_post(request: HttpRequest, handle: str, public_id: str) -> Post:
    """A published post; drafts and planned ones only for who wrote them."""
    rows = Post.objects.with_doors().select_related("creator")
    post = get_object_or_404(rows, creator__handle=handle, public_id=public_id)
    if not post.is_published(timezone.now()) and post.creator.user_id != request.user.pk:
        raise Http404
    return post
