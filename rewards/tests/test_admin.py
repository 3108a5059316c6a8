from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from rewards.models import RateCard

MODELS = (
    "viewsource", "clip", "ratecard", "viewbatch", "ratedday", "dailyrating", "monthstatement", "statementline", "appeal",
)  # fmt: skip


@pytest.fixture
def back_office(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


@pytest.mark.parametrize("model", MODELS)
def test_staff_find_every_list(back_office: Client, model: str) -> None:
    assert back_office.get(reverse(f"admin:rewards_{model}_changelist")).status_code == 200


def test_a_draft_is_published_and_then_stays_as_it_is(back_office: Client, staff: User) -> None:
    draft = RateCard.objects.create(version=9, valid_from=date(2027, 1, 1), rpm_minor={"*": 30})
    address = reverse("admin:rewards_ratecard_changelist")
    for _time in range(2):
        back_office.post(address, {"action": "publish", "_selected_action": [draft.pk]})
    draft.refresh_from_db()
    assert draft.published_by == staff
    change = reverse("admin:rewards_ratecard_change", args=[draft.pk])
    assert back_office.post(change, {"version": 9, "valid_from": "2026-01-01"}).status_code == 403


def test_a_card_that_makes_no_sense_is_not_published(back_office: Client) -> None:
    draft = RateCard.objects.create(version=9, valid_from=date(2027, 1, 1), rpm_minor={"US": 30})
    back_office.post(
        reverse("admin:rewards_ratecard_changelist"), {"action": "publish", "_selected_action": [draft.pk]}
    )
    draft.refresh_from_db()
    assert draft.published_at is None


def test_ratings_and_batches_are_read_only(back_office: Client) -> None:
    for model in ("viewbatch", "ratedday", "dailyrating", "monthstatement"):
        assert back_office.get(reverse(f"admin:rewards_{model}_add")).status_code == 403


def test_fans_are_kept_out(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.get(reverse("admin:rewards_ratecard_changelist")).status_code != 200
