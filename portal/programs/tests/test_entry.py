from datetime import date, datetime, timedelta

import pytest

from portal.accounts.models import Creator, User
from portal.programs import actions
from portal.programs.models import Application, Enrollment, Invitation, Program
from portal.programs.queries import invitations_left, is_enrolled, standing

DAY = date(2026, 5, 15)


@pytest.fixture
def invite_only(mika: Creator, noor: Creator) -> None:
    """Both live where subscriptions are invite only, and Noor has grown enough to meet the rule."""
    for each in (mika, noor):
        each.region = "BR"
        each.save()
    noor.audience_counts.update(followers=20_000, views_30d=200_000)


def test_joining_keeps_the_rule_and_the_numbers_it_rested_on(noor: Creator, noon: datetime) -> None:
    made = actions.enroll(creator=noor, program=Program.SHOP, now=noon)
    assert (made.way, made.policy.version, made.inputs["followers"]) == ("open", 2, 1_200)
    assert is_enrolled(creator=noor, program="shop", on=DAY)


def test_joining_twice_is_one_enrollment(noor: Creator, noon: datetime) -> None:
    first = actions.enroll(creator=noor, program="shop", now=noon)
    assert actions.enroll(creator=noor, program="shop", now=noon + timedelta(days=1)) == first


def test_who_misses_a_requirement_may_not_join(noor: Creator, noon: datetime) -> None:
    with pytest.raises(actions.NotEligible):
        actions.enroll(creator=noor, program="rewards", now=noon)


def test_a_closed_region_refuses_first(noor: Creator, noon: datetime) -> None:
    noor.region = "NZ"
    noor.save()
    with pytest.raises(actions.RegionIsClosed):
        actions.enroll(creator=noor, program="shop", now=noon)


def test_leaving_and_coming_back_are_two_rows(noor: Creator, noon: datetime) -> None:
    actions.enroll(creator=noor, program="shop", now=noon)
    actions.leave(creator=noor, program="shop", now=noon + timedelta(days=2), reason="a break")
    assert actions.leave(creator=noor, program="shop", now=noon + timedelta(days=3)) is None
    assert is_enrolled(creator=noor, program="shop", on=date(2026, 5, 16))
    assert not is_enrolled(creator=noor, program="shop", on=date(2026, 5, 17))
    actions.enroll(creator=noor, program="shop", now=noon + timedelta(days=5))
    assert noor.enrollments.count() == 2


def test_a_rule_that_rises_later_does_not_end_an_enrollment(noor: Creator, noon: datetime) -> None:
    actions.enroll(creator=noor, program="shop", now=noon)
    noor.audience_counts.update(followers=10)
    judged = standing(creator=noor, program="shop", on=DAY)
    assert judged.enrolled and not judged.eligible


def test_staff_let_in_whom_no_rule_lets_in(noor: Creator, staff: User, noon: datetime) -> None:
    made = actions.enroll_by_staff(creator=noor, program="rewards", now=noon, by=staff)
    assert made.way == Enrollment.Way.STAFF and made.inputs["let_in_by"] == staff.public_id


def test_an_invitation_opens_an_invite_only_region(
    invite_only: None, mika: Creator, noor: Creator, noon: datetime
) -> None:
    with pytest.raises(actions.InvitationNeeded):
        actions.enroll(creator=noor, program="subscriptions", now=noon)
    invitation = actions.invite(program="subscriptions", by=mika, now=noon, to_creator=noor)
    assert standing(creator=noor, program="subscriptions", on=DAY).eligible
    made = actions.accept_invitation(invitation=invitation, creator=noor, now=noon)
    assert made.way == Enrollment.Way.INVITATION
    assert actions.accept_invitation(invitation=invitation, creator=noor, now=noon) == made
    invitation.refresh_from_db()
    assert (invitation.used_by, invitation.used_at) == (noor, noon)


def test_joining_uses_up_the_invitation_addressed_to_one(
    invite_only: None, staff: User, noor: Creator, noon: datetime
) -> None:
    invitation = actions.invite(program="subscriptions", by=staff, now=noon, to_email="NOOR@example.com", wave="may")
    actions.enroll(creator=noor, program="subscriptions", now=noon)
    invitation.refresh_from_db()
    assert invitation.used_by == noor


def test_a_creator_has_three_invitations_and_unused_ones_come_back(
    invite_only: None, mika: Creator, noon: datetime
) -> None:
    for number in range(3):
        actions.invite(program="subscriptions", by=mika, now=noon, to_email=f"friend{number}@example.com")
    assert invitations_left(creator=mika, program="subscriptions", now=noon) == 0
    with pytest.raises(actions.NoInvitationsLeft):
        actions.invite(program="subscriptions", by=mika, now=noon, to_email="fourth@example.com")
    actions.revoke_invitation(invitation=Invitation.objects.get(to_email="friend0@example.com"), now=noon)
    assert invitations_left(creator=mika, program="subscriptions", now=noon) == 1
    assert invitations_left(creator=mika, program="subscriptions", now=noon + Invitation.LASTS) == 3


def test_inviting_the_same_person_twice_is_one_invitation(
    invite_only: None, mika: Creator, noor: Creator, noon: datetime
) -> None:
    first = actions.invite(program="subscriptions", by=mika, now=noon, to_creator=noor)
    assert actions.invite(program="subscriptions", by=mika, now=noon, to_creator=noor) == first


def test_nobody_hands_out_invitations_where_access_is_open(mika: Creator, noon: datetime) -> None:
    assert invitations_left(creator=mika, program="shop", now=noon) == 0


def test_an_invitation_is_for_one_creator_once(
    invite_only: None, staff: User, mika: Creator, noor: Creator, noon: datetime
) -> None:
    addressed = actions.invite(program="subscriptions", by=staff, now=noon, to_email="else@example.com")
    with pytest.raises(actions.InvitationIsForSomeoneElse):
        actions.accept_invitation(invitation=addressed, creator=noor, now=noon)
    link = actions.invite(program="subscriptions", by=staff, now=noon)
    with pytest.raises(actions.InvitationIsOver):
        actions.accept_invitation(invitation=link, creator=noor, now=noon + Invitation.LASTS)
    actions.accept_invitation(invitation=link, creator=noor, now=noon)
    actions.leave(creator=noor, program="subscriptions", now=noon)
    with pytest.raises(actions.InvitationIsOver):
        actions.accept_invitation(invitation=link, creator=noor, now=noon)


def test_an_invitation_does_not_replace_the_requirements(
    invite_only: None, staff: User, noor: Creator, noon: datetime
) -> None:
    noor.audience_counts.update(followers=5)
    link = actions.invite(program="subscriptions", by=staff, now=noon)
    with pytest.raises(actions.NotEligible):
        actions.accept_invitation(invitation=link, creator=noor, now=noon)
    link.refresh_from_db()
    assert link.used_at is None


def test_an_application_is_accepted_and_lets_in(invite_only: None, staff: User, noor: Creator, noon: datetime) -> None:
    sent = actions.apply(creator=noor, program="subscriptions", now=noon, message="I teach repair.")
    assert actions.apply(creator=noor, program="subscriptions", now=noon) == sent
    decided = actions.decide_application(application=sent, accept=True, by=staff, now=noon)
    assert decided.state == Application.State.ACCEPTED and decided.inputs["followers"] == 20_000
    assert actions.decide_application(application=sent, accept=True, by=staff, now=noon).decided_at == noon
    assert is_enrolled(creator=noor, program="subscriptions", on=DAY)
    with pytest.raises(actions.AlreadyDecided):
        actions.decide_application(application=sent, accept=False, by=staff, now=noon)


def test_who_was_declined_may_apply_again_after_thirty_days(
    invite_only: None, staff: User, noor: Creator, noon: datetime
) -> None:
    sent = actions.apply(creator=noor, program="subscriptions", now=noon)
    actions.decide_application(application=sent, accept=False, by=staff, now=noon, answer="Not yet.")
    with pytest.raises(actions.ApplicationTooSoon, match="June 14, 2026"):
        actions.apply(creator=noor, program="subscriptions", now=noon + timedelta(days=29))
    assert actions.apply(creator=noor, program="subscriptions", now=noon + timedelta(days=30)) != sent


def test_no_application_where_one_can_simply_join(noor: Creator, noon: datetime) -> None:
    with pytest.raises(actions.NoApplicationNeeded):
        actions.apply(creator=noor, program="shop", now=noon)


def test_a_suspension_closes_and_lifting_restores(mika: Creator, staff: User, noon: datetime) -> None:
    row = actions.suspend(creator=mika, program="shop", reason="Copied reviews", now=noon, by=staff)
    assert actions.suspend(creator=mika, program="shop", reason="Copied reviews", now=noon, by=staff) == row
    assert not is_enrolled(creator=mika, program="shop", on=DAY)
    actions.lift(suspension=row, now=noon + timedelta(hours=1), by=staff)
    again = actions.lift(suspension=row, now=noon + timedelta(hours=9), by=staff)
    assert again.lifted_at == noon + timedelta(hours=1)
    assert is_enrolled(creator=mika, program="shop", on=DAY)


def test_the_suspended_cannot_join(noor: Creator, staff: User, noon: datetime) -> None:
    actions.suspend(creator=noor, program="shop", reason="Copied reviews", now=noon, by=staff)
    with pytest.raises(actions.IsSuspended, match="Copied reviews"):
        actions.enroll(creator=noor, program="shop", now=noon)
