from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.access import creator_only
from portal.kit.access import signed_in
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions import polls as deeds
from subscriptions.forms.polls import PollForm
from subscriptions.models import Poll, PollOption
from subscriptions.queries.access import perks
from subscriptions.queries.polls import poll_view
from subscriptions.views.creators import private
from subscriptions.views.posts import own_post, readable_post
from subscriptions.views.requests import CreatorRequest, PersonRequest


@signed_in
@require_POST
def poll_vote(request: PersonRequest, handle: str, public_id: str) -> HttpResponse:
    """One vote; htmx gets the poll back, others the page of the post."""
    now = timezone.now()
    post = readable_post(request, handle, public_id)
    poll = get_object_or_404(Poll, post=post)
    poll.post = post
    key = request.POST.get("option", "")
    option = PollOption.objects.filter(poll=poll, pk=int(key)).first() if key.isdecimal() and len(key) < 18 else None
    refused = ""
    try:
        if option is None:
            raise deeds.OptionOfAnotherPoll
        deeds.vote(poll=poll, option=option, voter=request.user, now=now)
    except Refusal as refusal:
        refused = str(refusal)
    if not _is_htmx(request):
        if refused:
            messages.error(request, refused)
        return redirect(f"{request.path.removesuffix('vote/')}#poll")
    mine = perks(viewer=request.user, creator=post.creator, at=now)
    if not mine.may_read(post):
        return HttpResponse(refused, status=403, content_type="text/plain; charset=utf-8")
    shown = poll_view(post=post, viewer=request.user, mine=mine, at=now)
    context = {"post": post, "creator": post.creator, "poll": shown, "mine": mine, "refused": refused}
    return private(page(request, "subscriptions/_poll.html", context))


def _is_htmx(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]  # set by HtmxMiddleware


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def post_poll(request: CreatorRequest, public_id: str) -> HttpResponse:
    """The question under a post: asked, changed while nobody has voted, or taken away."""
    post = own_post(request, public_id)
    poll = Poll.objects.filter(post=post).first()
    first = None
    if poll is not None:
        lines = "\n".join(option.text for option in poll.options.all())
        first = {"question": poll.question, "options": lines, "closes_at": poll.closes_at}
    form = PollForm(request.POST if request.method == "POST" else None, initial=first)
    try:
        if request.method == "POST" and "remove" in request.POST:
            deeds.remove_poll(post=post)
            messages.success(request, _("The poll is gone."))
            return redirect("post_edit", public_id=post.public_id)
        if request.method == "POST" and form.is_valid():
            values = form.cleaned_data | {"options": form.cleaned_data["options"].splitlines()}
            deeds.ask_poll(post=post, now=timezone.now(), **values)
            messages.success(request, _("Saved."))
            return redirect("post_edit", public_id=post.public_id)
    except Refusal as refusal:
        form.is_valid()
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    context = {"form": form, "post": post, "poll": poll}
    return page(request, "subscriptions/post_poll.html", context, status=422 if form.errors else 200)
