from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import creator_of, creator_only
from portal.kit.access import public, staff_only
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions import emojis as deeds
from subscriptions.forms.emojis import ArtForm, EmojiForm, EmojiReviewForm, EmojiTierForm
from subscriptions.models import Emoji, EmojiImage, EmojiVersion
from subscriptions.queries import emojis as questions
from subscriptions.studio.reading import MOST_BYTES
from subscriptions.views.creators import private
from subscriptions.views.requests import CreatorRequest, PersonRequest
from subscriptions.views.uploads import capped_uploads

A_YEAR = 31_536_000


@capped_uploads(MOST_BYTES)
@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def emoji_list(request: CreatorRequest) -> HttpResponse:
    """The creator's emojis, each picture with its score and how staff have looked at it; POST brings another."""
    creator, now = request.creator, timezone.now()
    form = EmojiForm(*_sent(request), creator=creator)
    if request.method == "POST" and form.is_valid():
        try:
            emoji = deeds.add_emoji(creator=creator, now=now, **form.cleaned_data)
            messages.success(request, _("Staff look at it next; then members can use it."))
            return redirect("emoji_edit", public_id=emoji.public_id)
        except Refusal as refusal:
            _show(form, refusal)
    context = {
        "form": form,
        "emojis": questions.studio_emojis(creator=creator),
        "slots": questions.emoji_slots(creator=creator, at=now),
    }
    return page(request, "subscriptions/emoji_list.html", context, status=422 if form.errors else 200)


@capped_uploads(MOST_BYTES)
@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def emoji_edit(request: CreatorRequest, public_id: str) -> HttpResponse:
    """One emoji: its previews, its score explained, its history; POST brings other art while the old stays live."""
    emoji = _own_emoji(request, public_id)
    form = ArtForm(*_sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            deeds.replace_art(emoji=emoji, now=timezone.now(), **form.cleaned_data)
            messages.success(request, _("Staff look at it next; until then the old picture stays."))
            return redirect("emoji_edit", public_id=public_id)
        except Refusal as refusal:
            _show(form, refusal)
    versions = list(emoji.versions.select_related("emoji"))
    context = {
        "emoji": emoji,
        "form": form,
        "tier_form": EmojiTierForm(emoji=emoji),
        "versions": versions,
        "newest": versions[0] if versions else None,
        "parts": questions.score_parts(versions[0]) if versions else [],
        "alike": questions.alike(versions=versions[:1]).get(versions[0].pk, []) if versions else [],
    }
    return page(request, "subscriptions/emoji_edit.html", context, status=422 if form.errors else 200)


@creator_only
@require_POST
def emoji_tier(request: CreatorRequest, public_id: str) -> HttpResponse:
    """From which tier on an emoji may be used."""
    emoji = _own_emoji(request, public_id)
    form = EmojiTierForm(request.POST, emoji=emoji)
    if form.is_valid():
        deeds.change_tier_of_emoji(emoji=emoji, tier=form.cleaned_data["tier"])
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Choose one of your tiers."))
    return redirect("emoji_edit", public_id=public_id)


@creator_only
@require_POST
def emoji_retirement(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Let an emoji go: its slot and its name are free again."""
    emoji = _own_emoji(request, public_id)
    deeds.retire_emoji(emoji=emoji, now=timezone.now())
    messages.success(request, _("%(emoji)s is gone; its slot is free.") % {"emoji": emoji})
    return redirect("emoji_list")


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def emoji_review(request: PersonRequest) -> HttpResponse:
    """Staff look at new art, the oldest first: old and new side by side, approve or reject with a code, on to the next."""
    form = EmojiReviewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        version = get_object_or_404(EmojiVersion, public_id=values["version"])
        is_yes = values["verdict"] == "approve"
        code = "" if is_yes else values["verdict"]
        try:
            deeds.review_version(
                version=version, approve=is_yes, code=code, note=values["note"], by=request.user, now=timezone.now()
            )
            messages.success(request, _("Done; the creator is told."))
            return redirect("emoji_review")
        except Refusal as refusal:
            form.add_error("note", str(refusal))
    shown, waiting = questions.next_to_review(skip=request.GET.get("skip", ""), at=request.POST.get("version", ""))
    context: dict[str, Any] = {"form": form, "version": shown, "waiting": waiting, "codes": EmojiVersion.Code.choices}
    if shown is not None:
        context["parts"] = questions.score_parts(shown)
        context["alike"] = questions.alike(versions=[shown]).get(shown.pk, [])
    return private(page(request, "subscriptions/emoji_review.html", context, status=422 if form.errors else 200))


@public
@require_safe
def emoji_image(request: HttpRequest, public_id: str, size: int) -> HttpResponse:
    """One picture. Unless it was approved only its creator and staff see it; once it was, old messages show it for good."""
    rows = EmojiImage.objects.select_related("version__emoji")
    image = get_object_or_404(rows, version__public_id=public_id, size=size)
    response = HttpResponse(bytes(image.content), content_type="image/webp")
    if image.version.state == EmojiVersion.State.APPROVED:
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        return response
    viewer = creator_of(request)
    if not request.user.is_staff and (viewer is None or viewer.pk != image.version.emoji.creator_id):
        raise Http404
    return private(response)


def _own_emoji(request: CreatorRequest, public_id: str) -> Emoji:
    rows = Emoji.objects.kept().select_related("creator", "live", "tier")
    return get_object_or_404(rows, creator=request.creator, public_id=public_id)


def _sent(request: CreatorRequest) -> tuple[Any, Any]:
    """Fields and files of a form that was sent, None twice before."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _show(form: ArtForm, refusal: Refusal) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
