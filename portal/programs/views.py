from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import CreatorRequest, SignedInRequest, creator_of, creator_only
from portal.kit.access import public, staff_only
from portal.kit.page import page
from portal.kit.refusal import Refusal
from portal.programs import actions, waves
from portal.programs.forms import ApplicationForm, InvitationForm, WaveForm
from portal.programs.models import Invitation, Policy, Program
from portal.programs.queries import invitations_left, pending_application, preview_policy, rulebook, standing


def _program(value: str) -> Program:
    if value not in Program.values:
        raise Http404("There is no such program.")
    return Program(value)


def _done(request: HttpRequest, deed: Callable[[], object], sentence: str) -> None:
    """Do it, and say how it went: the sentence, or the refusal's own."""
    try:
        deed()
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, sentence)


def _row(request: CreatorRequest, program: Program) -> dict[str, object]:
    now = timezone.now()
    return {
        "program": program,
        "standing": standing(creator=request.creator, program=program, on=now.date(), now=now),
        "application": pending_application(creator=request.creator, program=program),
        "invitations_left": invitations_left(creator=request.creator, program=program, now=now),
    }


@creator_only
@require_safe
def program_overview(request: CreatorRequest) -> HttpResponse:
    """The three programs: in or not, and for each requirement the creator's own number."""
    rows = [_row(request, program) for program in Program]
    return page(request, "programs/program_overview.html", {"rows": rows})


@creator_only
@require_safe
def program_detail(request: CreatorRequest, program: str) -> HttpResponse:
    found = _program(program)
    context = _row(request, found) | {
        "form": ApplicationForm(),
        "enrollments": request.creator.enrollments.filter(program=found).select_related("policy"),
        "applications": request.creator.applications.filter(program=found),
        "suspensions": request.creator.suspensions.filter(program=found),
    }
    return page(request, "programs/program_detail.html", context)


@creator_only
@require_POST
def program_join(request: CreatorRequest, program: str) -> HttpResponse:
    found = _program(program)
    _done(
        request,
        lambda: actions.enroll(creator=request.creator, program=found, now=timezone.now()),
        _("You are in: %(program)s.") % {"program": found.label},
    )
    return redirect("program_detail", found.value)


@creator_only
@require_POST
def program_leave(request: CreatorRequest, program: str) -> HttpResponse:
    found = _program(program)
    actions.leave(creator=request.creator, program=found, now=timezone.now(), reason="left by themselves")
    messages.success(request, _("You have left %(program)s.") % {"program": found.label})
    return redirect("program_detail", found.value)


@creator_only
@require_POST
def program_apply(request: CreatorRequest, program: str) -> HttpResponse:
    found = _program(program)
    form = ApplicationForm(request.POST)
    message = form.cleaned_data["message"] if form.is_valid() else ""
    if form.errors:
        messages.error(request, _("The message is too long: at most 500 letters."))
    else:
        _done(
            request,
            lambda: actions.apply(creator=request.creator, program=found, now=timezone.now(), message=message),
            _("Your application is with us."),
        )
    return redirect("program_detail", found.value)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """An open door: what it is for, and a button. Whoever holds the link may look; a creator may accept."""
    found = get_object_or_404(Invitation.objects.select_related("by_creator"), token=token)
    creator = creator_of(request)
    if request.method == "POST":
        if creator is None:
            return redirect("become_creator" if request.user.is_authenticated else "account_login")
        _done(
            request,
            lambda: actions.accept_invitation(invitation=found, creator=creator, now=timezone.now()),
            _("Welcome to %(program)s.") % {"program": Program(found.program).label},
        )
        return redirect("program_detail", found.program)
    now = timezone.now()
    context = {
        "invitation": found,
        "is_live": found.is_live(now),
        "creator": creator,
        "standing": standing(creator=creator, program=found.program, on=now.date(), now=now) if creator else None,
    }
    return page(request, "programs/invitation.html", context)


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_list(request: CreatorRequest) -> HttpResponse:
    """Invitations a creator has handed out, and those left."""
    now = timezone.now()
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.invite(by=request.creator, now=now, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Send this link: %(url)s") % {"url": made.url(request.build_absolute_uri("/"))})
            return redirect("invitation_list")
    left = {each: invitations_left(creator=request.creator, program=each, now=now) for each in Program}
    context = {
        "form": form,
        "left": [{"program": each, "count": count} for each, count in left.items() if count],
        "given": request.creator.invitations_given.select_related("used_by"),
        "now": now,
    }
    return page(request, "programs/invitation_list.html", context, status=422 if form.errors else 200)


@creator_only
@require_POST
def invitation_revoke(request: CreatorRequest, token: str) -> HttpResponse:
    found = get_object_or_404(Invitation, token=token, by_creator=request.creator)
    _done(
        request,
        lambda: actions.revoke_invitation(invitation=found, now=timezone.now()),
        _("The invitation is taken back."),
    )
    return redirect("invitation_list")


@public
@require_safe
def program_rules(request: HttpRequest) -> HttpResponse:
    """All rules in force, where they apply, and every version there was."""
    today = timezone.now().date()
    rows: list[dict[str, object]] = []
    for program in Program:
        book = rulebook(program, today)
        rows.append(
            {
                "program": program,
                "policies": [book.policies[region] for region in sorted(book.policies)],
                "access": [book.region_rules[region] for region in sorted(book.region_rules)],
                "history": Policy.objects.published().filter(program=program).order_by("-valid_from", "region"),
            }
        )
    return page(request, "programs/program_rules.html", {"rows": rows, "today": today})


@staff_only
@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    """Drafts to look through, and what is published."""
    context = {
        "drafts": Policy.objects.filter(published_at__isnull=True),
        "published": Policy.objects.published().order_by("-valid_from", "program", "region"),
    }
    return page(request, "programs/policy_list.html", context)


@staff_only
@require_safe
def policy_preview(request: HttpRequest, policy_id: int) -> HttpResponse:
    """Before a rule is published: who would come to be eligible, and who would cease to be."""
    policy = get_object_or_404(Policy, pk=policy_id)
    preview = None if policy.is_published else preview_policy(policy, today=timezone.now().date())
    return page(request, "programs/policy_preview.html", {"policy": policy, "preview": preview})


@staff_only
@require_POST
def policy_publish(request: SignedInRequest, policy_id: int) -> HttpResponse:
    policy = get_object_or_404(Policy, pk=policy_id)
    _done(
        request,
        lambda: actions.publish_policy(policy=policy, now=timezone.now(), by=request.user),
        _("The rule is published. It can be followed by another, but not changed."),
    )
    return redirect("policy_preview", policy.pk)


@staff_only
@require_safe
def wave_list(request: HttpRequest) -> HttpResponse:
    """Waves of invitations and what became of them; who invited whom; where each program is open."""
    now = timezone.now()
    context = {
        "waves": waves.waves(now=now),
        "used": Paginator(waves.used_invitations(), 50).get_page(request.GET.get("page")),
        "books": [rulebook(program, now.date()) for program in Program],
    }
    return page(request, "programs/wave_list.html", context)


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def wave_new(request: SignedInRequest) -> HttpResponse:
    """Invite a group: named ones, or the most followed of a region who meet the rule."""
    now = timezone.now()
    form = WaveForm(request.POST or None)
    opened = None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        program = Program(values["program"])
        chosen = values["handles"] or waves.next_in_line(
            program=program, region=values["region"], most=values["most"], now=now
        )
        opened = actions.open_wave(program=program, wave=values["wave"], creators=chosen, by=request.user, now=now)
    status = 422 if form.errors else 200
    return page(request, "programs/wave_new.html", {"form": form, "opened": opened}, status=status)
