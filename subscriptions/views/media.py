from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import creator_only
from portal.kit.access import public
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions import media as deeds
from subscriptions.forms.media import CaptionsForm, DescriptionForm, MediaForm
from subscriptions.links import holds, signed_address
from subscriptions.models import Captions, Media, Rendition
from subscriptions.queries.access import perks
from subscriptions.queries.media import media_of
from subscriptions.serving import FOR_EVERYBODY, MEMBERS_ONLY, Stored, hand_out
from subscriptions.views.posts import own_post
from subscriptions.views.requests import CreatorRequest
from subscriptions.views.uploads import limited_upload


@public
@require_safe
def media_file(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """A video or a file, for who may read its post now. Without a signature the address leads to a fresh signed one."""
    now = timezone.now()
    media, closed = _opened(request, public_id)
    if closed is not None:
        return closed
    if media.kind == Media.Kind.PICTURE:
        largest = media.renditions.order_by("-width").first()
        return _onward(largest.address) if largest else _gone(request, media)
    key, until = request.GET.get("key", ""), request.GET.get("until", "")
    if not key:
        return _onward(signed_address(media=media, viewer=request.user, now=now))
    if not holds(media=media, viewer=request.user, until=until, key=key, now=now):
        context = {"post": media.post, "media": media, "is_link_over": True}
        return _never_kept(page(request, "subscriptions/media_file.html", context, status=403))
    stored = Stored(
        storage=media.file.storage,
        path=str(media.file.name),
        size=media.size_bytes,
        digest=media.digest,
        content_type=media.content_type,
        changed_at=media.uploaded_at,
        name=media.name if media.kind == Media.Kind.FILE else "",
    )
    return hand_out(request, stored, is_public=media.post.is_public(now))


@public
@require_safe
def media_picture(request: HttpRequest, public_id: str, width: int) -> HttpResponseBase:
    """One width of a picture, for who may read its post now."""
    media, closed = _opened(request, public_id)
    if closed is not None:
        return closed
    one = get_object_or_404(Rendition, media=media, width=width)
    stored = Stored(
        storage=one.file.storage,
        path=str(one.file.name),
        size=one.size_bytes,
        digest=one.digest,
        content_type="image/webp",
        changed_at=media.uploaded_at,
    )
    return hand_out(request, stored, is_public=media.post.is_public(timezone.now()))


@public
@require_safe
def media_captions(request: HttpRequest, public_id: str, language: str) -> HttpResponseBase:
    """The captions of a video in one language, for who may see the video now."""
    media, closed = _opened(request, public_id)
    if closed is not None:
        return closed
    captions = get_object_or_404(Captions, media=media, language=language)
    response = HttpResponse(captions.text, content_type="text/vtt; charset=utf-8")
    response.headers["Cache-Control"] = FOR_EVERYBODY if media.post.is_public(timezone.now()) else MEMBERS_ONLY
    return response


def _opened(request: HttpRequest, public_id: str) -> tuple[Media, HttpResponse | None]:
    """The media and, for who may not have it, the answer that says so. The grants are asked each time."""
    now = timezone.now()
    rows = Media.objects.select_related("post__creator", "post__tier", "post__opens_tier")
    media = get_object_or_404(rows, public_id=public_id)
    post = media.post
    mine = perks(viewer=request.user, creator=post.creator, at=now)
    if not mine.is_owner and not post.is_published(now):
        raise Http404
    return media, None if mine.may_read(post) else _gone(request, media)


def _gone(request: HttpRequest, media: Media) -> HttpResponse:
    return _never_kept(page(request, "subscriptions/media_file.html", {"post": media.post, "media": media}, status=403))


def _onward(address: str) -> HttpResponse:
    return _never_kept(redirect(address))


def _never_kept(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = MEMBERS_ONLY
    return response


# --- The creator's side -----------------------------------------------------------


@creator_only
@limited_upload
@require_http_methods(["GET", "HEAD", "POST"])
def post_media(request: CreatorRequest, public_id: str) -> HttpResponse:
    """What belongs to a post; POST brings another picture, video or file."""
    post = own_post(request, public_id)
    is_post = request.method == "POST"
    form = MediaForm(request.POST if is_post else None, request.FILES if is_post else None)
    if is_post and form.is_valid():
        try:
            media = deeds.add_media(post=post, now=timezone.now(), **form.cleaned_data)
            messages.success(request, _("%(name)s is there.") % {"name": media.name})
            return redirect("post_media", public_id=post.public_id)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    context = {
        "form": form,
        "post": post,
        "media": media_of(post=post, viewer=request.user, at=timezone.now()),
        "captions_form": CaptionsForm(auto_id=False),
    }
    return page(request, "subscriptions/post_media.html", context, status=422 if form.errors else 200)


@creator_only
@require_POST
def media_removal(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Take something away from its post, for good."""
    media = _own(request, public_id)
    deeds.remove_media(media=media)
    messages.success(request, _("%(name)s is deleted.") % {"name": media.name})
    return redirect("post_media", public_id=media.post.public_id)


@creator_only
@require_POST
def media_description(request: CreatorRequest, public_id: str) -> HttpResponse:
    """What can be seen, for readers who cannot see it."""
    media = _own(request, public_id)
    form = DescriptionForm(request.POST)
    if form.is_valid():
        deeds.describe_media(media=media, **form.cleaned_data)
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("A description has at most 300 characters."))
    return redirect("post_media", public_id=media.post.public_id)


@creator_only
@require_POST
def media_captions_new(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Captions for a video, in one language."""
    media = _own(request, public_id)
    form = CaptionsForm(request.POST, request.FILES)
    if form.is_valid():
        values = form.cleaned_data
        file = values.pop("captions")
        try:
            captions = deeds.add_captions(media=media, file=file, now=timezone.now(), **values)
            messages.success(
                request, _("%(label)s: %(count)s captions.") % {"label": captions.label, "count": captions.cues}
            )
        except Refusal as refusal:
            messages.error(request, str(refusal))
    else:
        messages.error(request, _("Captions need a language, a label and a .vtt file."))
    return redirect("post_media", public_id=media.post.public_id)


def _own(request: CreatorRequest, public_id: str) -> Media:
    return get_object_or_404(Media.objects.select_related("post"), creator=request.creator, public_id=public_id)
