"""Getting into a program and out of it: enroll, leave, invite, apply, suspend."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.kit.words import day_lazy
from portal.programs.actions.telling import tell_creator
from portal.programs.models import Application, Enrollment, Invitation, Program, Suspension
from portal.programs.queries import Standing, invitations_left, pending_application, standing


class NotEligible(Refusal):
    sentence = _("Not every requirement of this program is met yet.")


class RegionIsClosed(Refusal):
    sentence = _("This program is not open in your region yet.")


class InvitationNeeded(Refusal):
    sentence = _("This program is invite only in your region. You can apply, or accept an invitation.")


class IsSuspended(Refusal):
    sentence = _("You are suspended from this program: %(reason)s")


class InvitationIsOver(Refusal):
    sentence = _("This invitation has been used, taken back, or has run out.")


class InvitationIsForSomeoneElse(Refusal):
    sentence = _("This invitation is addressed to somebody else.")


class NoInvitationsLeft(Refusal):
    sentence = _("You have no invitations left for this program.")


class AlreadyIn(Refusal):
    sentence = _("This creator is already part of the program.")


class ApplicationTooSoon(Refusal):
    sentence = _("You can apply again from %(day)s.")


class NoApplicationNeeded(Refusal):
    sentence = _("No application is needed here: you can join right away.")


class AlreadyDecided(Refusal):
    sentence = _("This application has been decided.")


@transaction.atomic
def enroll(*, creator: Creator, program: Program | str, now: datetime) -> Enrollment:
    """Let the creator in by themselves: eligible and not suspended. Repeating gives the live enrollment."""
    judged = _judged(creator, program, now)
    if judged.enrollment is not None:
        return judged.enrollment
    _refuse_unless_let_in(judged)
    way = Enrollment.Way.INVITATION if judged.mode == judged.mode.INVITE_ONLY else Enrollment.Way.OPEN
    if way == Enrollment.Way.INVITATION and judged.invitation is not None:
        _use(judged.invitation, creator, now)
    return _enrolled(judged, way, now)


@transaction.atomic
def enroll_by_staff(*, creator: Creator, program: Program | str, now: datetime, by: User) -> Enrollment:
    """Staff let somebody in whatever the rule says; a suspension still counts. Repeating gives the live enrollment."""
    judged = _judged(creator, program, now)
    if judged.enrollment is not None:
        return judged.enrollment
    if judged.suspension is not None:
        raise IsSuspended(reason=judged.suspension.reason)
    made = _enrolled(judged, Enrollment.Way.STAFF, now)
    made.inputs |= {"let_in_by": by.public_id}
    made.save(update_fields=["inputs"])
    return made


@transaction.atomic
def leave(*, creator: Creator, program: Program | str, now: datetime, reason: str = "") -> Enrollment | None:
    """End the live enrollment; None when there is none, so repeating is harmless."""
    enrollment = Enrollment.objects.select_for_update().filter(creator=creator, program=program, left_at=None).first()
    if enrollment is not None:
        enrollment.left_at, enrollment.left_reason = now, reason[:200]
        enrollment.save(update_fields=["left_at", "left_reason"])
    return enrollment


@transaction.atomic
def invite(
    *,
    program: Program | str,
    by: User | Creator,
    now: datetime,
    to_creator: Creator | None = None,
    to_email: str = "",
    wave: str = "",
) -> Invitation:
    """Open a door. `by` is a member of staff, or a creator who has invitations left.

    Repeating for the same addressee gives the invitation that is still open. A link without an address is new each time.
    """
    program = Program(program)
    giver = {"by_creator": by} if isinstance(by, Creator) else {"by_staff": by}
    if to_creator is not None and _is_in(to_creator, program):
        raise AlreadyIn
    if isinstance(by, Creator):
        _lock(by)
    addressed = {"to_creator": to_creator, "to_email": to_email.strip().lower()}
    if to_creator is not None or to_email:
        known = Invitation.objects.live(now).filter(program=program, **addressed, **giver).first()
        if known is not None:
            return known
    if isinstance(by, Creator) and not invitations_left(creator=by, program=program, now=now):
        raise NoInvitationsLeft
    made = Invitation.objects.create(
        program=program, created_at=now, expires_at=now + Invitation.LASTS, wave=wave, **addressed, **giver
    )
    if to_creator is not None:
        tell_creator(
            to_creator,
            program,
            "programs.invited",
            _("You are invited: %(program)s"),
            _("An invitation to this program is waiting for you. It is good for 14 days."),
            f"/invitations/{made.token}/",
            key=f"invited:{made.pk}",
        )
    return made


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, now: datetime) -> Invitation:
    """Take an unused invitation back. Repeating is harmless; a used one is refused."""
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.used_at is not None:
        raise InvitationIsOver
    if invitation.revoked_at is None:
        invitation.revoked_at = now
        invitation.save(update_fields=["revoked_at"])
    return invitation


@transaction.atomic
def accept_invitation(*, invitation: Invitation, creator: Creator, now: datetime) -> Enrollment:
    """Use the invitation and join. The requirements still count. Repeating by the same creator gives the enrollment."""
    judged = _judged(creator, invitation.program, now)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if judged.enrollment is not None:
        return judged.enrollment
    if not invitation.is_live(now):
        raise InvitationIsOver
    if not invitation.is_for(creator):
        raise InvitationIsForSomeoneElse
    _refuse_unless_let_in(judged, invited=True)
    _use(invitation, creator, now)
    return _enrolled(judged, Enrollment.Way.INVITATION, now)


@transaction.atomic
def apply(*, creator: Creator, program: Program | str, now: datetime, message: str = "") -> Application:
    """Ask to be let in where access is invite only. Repeating gives the application that waits for an answer."""
    judged = _judged(creator, program, now)
    if judged.enrollment is not None:
        raise AlreadyIn
    pending = pending_application(creator=creator, program=program)
    if pending is not None:
        return pending
    if judged.eligible:
        raise NoApplicationNeeded
    _refuse_unless_let_in(judged, invited=True)
    assert judged.policy is not None, "nobody meets a rule that is not there"
    last = Application.objects.filter(creator=creator, program=program, state=Application.State.DECLINED).first()
    if last is not None and last.decided_at is not None and now < last.decided_at + Application.REAPPLY_AFTER:
        raise ApplicationTooSoon(day=day_lazy(last.decided_at + Application.REAPPLY_AFTER))
    return Application.objects.create(
        creator=creator,
        program=program,
        message=message[:500],
        policy=judged.policy,
        inputs=judged.facts.inputs(),
        sent_at=now,
    )


@transaction.atomic
def decide_application(
    *, application: Application, accept: bool, by: User, now: datetime, answer: str = ""
) -> Application:
    """Accept (and enroll) or decline. Repeating the same decision is harmless, the opposite one is refused."""
    judged = _judged(application.creator, application.program, now)
    application = Application.objects.select_for_update().get(pk=application.pk)
    state = Application.State.ACCEPTED if accept else Application.State.DECLINED
    if application.state == state:
        return application
    if application.state != Application.State.PENDING:
        raise AlreadyDecided
    if accept and judged.enrollment is None:
        _refuse_unless_let_in(judged, invited=True)
        _enrolled(judged, Enrollment.Way.APPLICATION, now)
    application.state, application.decided_at, application.decided_by = state, now, by
    application.answer = answer[:500]
    application.save(update_fields=["state", "decided_at", "decided_by", "answer"])
    tell_creator(
        application.creator,
        judged.program,
        "programs.decided",
        _("You are in: %(program)s") if accept else _("Your application: %(program)s"),
        answer or (_("Your application was accepted.") if accept else _("We could not accept it this time.")),
        f"/studio/programs/{judged.program.value}/",
        key=f"application:{application.pk}:{state}",
    )
    return application


@transaction.atomic
def suspend(
    *, creator: Creator, program: Program | str, reason: str, now: datetime, by: User, until: date | None = None
) -> Suspension:
    """Close a program to a creator up to and with `until` (UTC), or until lifted; the creator is told why.

    The enrollment stays, so lifting restores it. Repeating with the same reason and end gives the live one.
    """
    program = Program(program)
    _lock(creator)
    known = Suspension.objects.live(now).filter(creator=creator, program=program, reason=reason, until_date=until)
    if (row := known.first()) is not None:
        return row
    made = Suspension.objects.create(
        creator=creator, program=program, reason=reason, suspended_at=now, suspended_by=by, until_date=until
    )
    tell_creator(
        creator,
        program,
        "programs.suspended",
        _("Suspended: %(program)s"),
        reason,
        f"/studio/programs/{program.value}/",
        key=f"suspended:{made.pk}",
    )
    return made


@transaction.atomic
def lift(*, suspension: Suspension, now: datetime, by: User, reason: str = "") -> Suspension:
    """End a suspension now and tell the creator. Repeating is harmless."""
    suspension = Suspension.objects.select_for_update().get(pk=suspension.pk)
    if suspension.lifted_at is not None:
        return suspension
    suspension.lifted_at, suspension.lifted_by, suspension.lifted_reason = (now, by, reason[:300])
    suspension.save(update_fields=["lifted_at", "lifted_by", "lifted_reason"])
    program = Program(suspension.program)
    tell_creator(
        suspension.creator,
        program,
        "programs.lifted",
        _("Your suspension is over: %(program)s"),
        reason or _("You can use the program again."),
        f"/studio/programs/{program.value}/",
        key=f"lifted:{suspension.pk}",
    )
    return suspension


def _judged(creator: Creator, program: Program | str, now: datetime) -> Standing:
    """The standing under a lock on the creator, so that two clicks cannot both find the door open."""
    _lock(creator)
    return standing(creator=creator, program=program, on=now.date(), now=now)


def _lock(creator: Creator) -> None:
    Creator.objects.select_for_update().get(pk=creator.pk)


def _is_in(creator: Creator, program: Program) -> bool:
    return Enrollment.objects.filter(creator=creator, program=program, left_at=None).exists()


def _refuse_unless_let_in(judged: Standing, *, invited: bool = False) -> None:
    """One sentence for the first thing in the way. With `invited`, an invite-only region is no obstacle."""
    if judged.suspension is not None:
        raise IsSuspended(reason=judged.suspension.reason)
    if judged.mode == judged.mode.CLOSED:
        raise RegionIsClosed
    if not judged.meets_rule:
        raise NotEligible
    if not judged.let_in and not invited:
        raise InvitationNeeded


def _use(invitation: Invitation, creator: Creator, now: datetime) -> None:
    used = Invitation.objects.live(now).filter(pk=invitation.pk).update(used_by=creator, used_at=now)
    if not used:
        raise InvitationIsOver


def _enrolled(judged: Standing, way: str, now: datetime) -> Enrollment:
    return Enrollment.objects.create(
        creator=judged.facts.creator,
        program=judged.program,
        way=way,
        policy=judged.policy,
        inputs=judged.facts.inputs(),
        enrolled_at=now,
    )
