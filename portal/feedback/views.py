from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import SignedInRequest
from portal.feedback.actions import answer, suggest, unvote, vote
from portal.feedback.forms import AnswerForm, IdeaForm
from portal.feedback.models import Answer, Idea, Vote
from portal.kit.access import public, signed_in, staff_only
from portal.kit.page import page
from portal.kit.refusal import Refusal
from portal.kit.undo import offer_undo

IDEAS_A_PAGE = 20


@public
@require_safe
def idea_list(request: HttpRequest) -> HttpResponse:
    """Every idea, most wanted first, or those with one outcome: the roadmap and the changelog are filters of it."""
    outcomes = [(Idea.OPEN, _("Open")), *Answer.Outcome.choices]
    chosen = request.GET.get("outcome", "")
    ideas = Idea.objects.with_outcome(chosen) if chosen in dict(outcomes) else Idea.objects.told()
    ideas = ideas.order_by("-vote_count", "-suggested_at")  # type: ignore[misc]  # annotated there
    found = Paginator(ideas, IDEAS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "ideas": found,
        "outcomes": outcomes,
        "outcome": chosen,
        "voted": _voted(request),
        "from_page": request.GET.get("from", ""),
        "labels": dict(Answer.Outcome.choices),
    }
    return page(request, "feedback/idea_list.html", context)


@signed_in
@require_http_methods(["GET", "POST"])
def idea_new(request: SignedInRequest) -> HttpResponse:
    form = IdeaForm(request.POST or None, initial={"page": request.GET.get("from", "")})
    if request.method == "POST" and form.is_valid():
        try:
            idea = suggest(author=request.user, now=timezone.now(), **form.cleaned_data)
            return redirect(idea)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return page(request, "feedback/idea_new.html", {"form": form}, status=422 if form.errors else 200)


@public
@require_safe
def idea_detail(request: HttpRequest, idea: str) -> HttpResponse:
    found = get_object_or_404(Idea.objects.told().select_related("author"), public_id=idea)
    context = {
        "idea": found,
        "answers": found.answers.all(),
        "has_voted": found.pk in _voted(request),
        "form": AnswerForm() if request.user.is_staff else None,
    }
    return page(request, "feedback/idea_detail.html", context)


@signed_in
@require_POST
def idea_vote(request: SignedInRequest, idea: str) -> HttpResponse:
    """POST votes; POST with undo takes it back."""
    found = get_object_or_404(Idea, public_id=idea)
    if "undo" in request.POST:
        unvote(user=request.user, idea=found)
        offer_undo(request, _("Your vote is taken back."), reverse("idea_vote", args=[found.public_id]))
    else:
        vote(user=request.user, idea=found, now=timezone.now())
    return redirect(found)


@staff_only
@require_POST
def idea_answer(request: SignedInRequest, idea: str) -> HttpResponse:
    found = get_object_or_404(Idea.objects.told(), public_id=idea)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        context = {"idea": found, "answers": found.answers.all(), "has_voted": False, "form": form}
        return page(request, "feedback/idea_detail.html", context, status=422)
    answer(idea=found, by=request.user, now=timezone.now(), **form.cleaned_data)
    return redirect(found)


def _voted(request: HttpRequest) -> set[int]:
    if not request.user.is_authenticated:
        return set()
    return set(Vote.objects.filter(user=request.user).values_list("idea_id", flat=True))
