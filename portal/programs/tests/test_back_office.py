"""Staff work in Django's admin goes through the actions."""

from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from portal.programs import actions
from portal.programs.models import Invitation, RegionRule, Suspension


@pytest.fixture
def staffs(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def run(client: Client, model: str, action: str, pk: int) -> Any:
    url = reverse(f"admin:programs_{model}_changelist")
    return client.post(url, {"action": action, "_selected_action": [pk]}, follow=True)


def test_a_suspension_is_made_and_lifted(
    staffs: Client, mika: Creator, django_capture_on_commit_callbacks: Any
) -> None:
    answers = {"creator": mika.pk, "program": "shop", "reason": "Copied reviews", "until_date": ""}
    with django_capture_on_commit_callbacks(execute=True):
        assert staffs.post(reverse("admin:programs_suspension_add"), answers).status_code == 302
    row = Suspension.objects.get(creator=mika)
    assert row.suspended_by is not None
    with django_capture_on_commit_callbacks(execute=True):
        run(staffs, "suspension", "lift", row.pk)
    row.refresh_from_db()
    assert row.lifted_at is not None
    assert set(Notice.objects.filter(user=mika.user).values_list("kind", flat=True)) == {
        "programs.suspended",
        "programs.lifted",
    }


def test_applications_are_accepted_and_declined(staffs: Client, grown_in_brazil: Creator, today: datetime) -> None:
    sent = actions.apply(creator=grown_in_brazil, program="subscriptions", now=today)
    run(staffs, "application", "accept", sent.pk)
    assert grown_in_brazil.enrollments.get().way == "application"
    assert "has been decided" in run(staffs, "application", "decline", sent.pk).content.decode()


def test_a_wave_of_invitations(staffs: Client, noor: Creator) -> None:
    answers = {"program": "rewards", "wave": "summer", "to_creator": noor.pk, "to_email": ""}
    assert staffs.post(reverse("admin:programs_invitation_add"), answers).status_code == 302
    made = Invitation.objects.get(wave="summer")
    assert made.to_creator == noor and made.by_staff is not None
    run(staffs, "invitation", "take_back", made.pk)
    made.refresh_from_db()
    assert made.revoked_at is not None


def test_staff_let_somebody_in(staffs: Client, noor: Creator) -> None:
    answers = {"creator": noor.pk, "program": "rewards"}
    assert staffs.post(reverse("admin:programs_enrollment_add"), answers).status_code == 302
    assert noor.enrollments.get().way == "staff"


def test_a_refusal_is_a_sentence(staffs: Client, mika: Creator) -> None:
    answers = {"program": "shop", "wave": "", "to_creator": mika.pk, "to_email": ""}
    answer = staffs.post(reverse("admin:programs_invitation_add"), answers, follow=True)
    assert "already part of the program" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_access_of_a_day_that_has_begun_is_history(staffs: Client, rules: None) -> None:
    row = RegionRule.objects.filter(program="shop", region="").get()
    answer = staffs.post(reverse("admin:programs_regionrule_change", args=[row.pk]), {"mode": "open"})
    assert answer.status_code == 403
    answers = {"program": "shop", "region": "NZ", "mode": "open", "charges": "recurring", "invites_per_creator": 0}
    answers |= {"valid_from": "2031-01-01"}
    assert staffs.post(reverse("admin:programs_regionrule_add"), answers).status_code == 302
    made = RegionRule.objects.get(region="NZ")
    assert made.valid_from == date(2031, 1, 1)
    assert staffs.get(reverse("admin:programs_regionrule_change", args=[made.pk])).status_code == 200


@pytest.mark.parametrize("model", ["policy", "regionrule", "invitation", "application", "enrollment", "suspension"])
def test_every_list_opens(staffs: Client, mika: Creator, model: str) -> None:
    assert staffs.get(reverse(f"admin:programs_{model}_changelist")).status_code == 200
