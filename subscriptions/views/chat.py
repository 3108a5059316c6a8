from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.access import creator_only
from portal.accounts.models import Creator
from portal.kit.access import signed_in
from portal.kit.page import page
from portal.kit.public_ids import public_id
from portal.kit.refusal import Refusal
from subscriptions.actions import chat as deeds
from subscriptions.forms.chat import MessageForm, MuteForm, SlowModeForm
from subscriptions.models import Message
from subscriptions.queries.access import perks
from subscriptions.queries.chat import recent_messages
from subscriptions.queries.emojis import usable_emojis
from subscriptions.views.creators import private
from subscriptions.views.requests import CreatorRequest, PersonRequest


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def room(request: PersonRequest, handle: str) -> HttpResponse:
    """A creator's chat. With scripts it is live; without them the form posts and the page comes back."""
    creator = get_object_or_404(Creator, handle=handle)
    now = timezone.now()
    mine = perks(viewer=request.user, creator=creator, at=now)
    if not mine.chat:
        return private(page(request, "subscriptions/room_closed.html", {"creator": creator}, status=403))
    place = deeds.open_room(creator=creator)
    form = MessageForm(request.POST if request.method == "POST" else None, initial={"nonce": public_id()})
    if request.method == "POST" and form.is_valid():
        try:
            deeds.send_message(room=place, author=request.user, now=now, **form.cleaned_data)
            return redirect("room", handle=handle)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    context = {
        "creator": creator,
        "room": place,
        "form": form,
        "mine": mine,
        "chat_messages": recent_messages(room=place),
        "emojis": usable_emojis(creator=creator, mine=mine),
        "slow_form": SlowModeForm(initial={"seconds": place.slow_seconds}) if mine.is_owner else None,
        "may_moderate": mine.is_owner or request.user.is_staff,
    }
    return private(page(request, "subscriptions/room.html", context, status=422 if form.errors else 200))


@signed_in
@require_POST
def message_removal(request: PersonRequest, handle: str, message_id: int) -> HttpResponse:
    """Take a message away."""
    message = _message(handle, message_id)
    try:
        deeds.remove_message(message=message, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("room", handle=handle)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def mute(request: PersonRequest, handle: str, message_id: int) -> HttpResponse:
    """Let the author of a message read but not write for a while; they are told why."""
    message = _message(handle, message_id)
    if request.user.pk != message.room.creator.user_id and not request.user.is_staff:
        return redirect("room", handle=handle)
    form = MuteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            minutes = form.cleaned_data["minutes"] or None
            deeds.mute_member(
                room=message.room,
                fan=message.author,
                by=request.user,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
                minutes=minutes,
            )
            messages.success(request, _("%(name)s can read, but not write.") % {"name": message.author})
            return redirect("room", handle=handle)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    context = {"form": form, "message": message, "creator": message.room.creator}
    return page(request, "subscriptions/mute.html", context, status=422 if form.errors else 200)


@creator_only
@require_POST
def slow_mode(request: CreatorRequest) -> HttpResponse:
    """How long each member waits between two messages in the creator's own chat."""
    form = SlowModeForm(request.POST)
    place = deeds.open_room(creator=request.creator)
    if form.is_valid():
        deeds.set_slow_mode(room=place, seconds=form.cleaned_data["seconds"])
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Choose 0 to 120 seconds."))
    return redirect("room", handle=request.creator.handle)


def _message(handle: str, message_id: int) -> Message:
    rows = Message.objects.select_related("room__creator", "author")
    return get_object_or_404(rows, pk=message_id, room__creator__handle=handle)
