from datetime import date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.programs import actions
from portal.programs.models import Policy


@pytest.fixture
def draft(rules: None, today: datetime) -> Policy:
    return Policy.objects.create(program="shop", valid_from=today.date(), min_followers=2_000, min_age=18)


@pytest.fixture
def staffs(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def test_staff_see_who_would_enter_and_leave(staffs: Client, draft: Policy, noor: Creator, mika: Creator) -> None:
    answer = staffs.get(reverse("policy_preview", args=[draft.pk]))
    preview = answer.context["preview"]
    assert ([str(row.facts.creator) for row in preview.leave], preview.enter, preview.total) == (["@noor"], (), 2)
    words = answer.content.decode()
    assert "@noor" in words and "@mika" not in words and "Publish this rule" in words


def test_a_published_rule_has_no_button(staffs: Client, draft: Policy, staff: User, today: datetime) -> None:
    actions.publish_policy(policy=draft, now=today, by=staff)
    words = staffs.get(reverse("policy_preview", args=[draft.pk])).content.decode()
    assert "Published as rule 3" in words and "Publish this rule" not in words


def test_a_published_rule_is_read_only_in_the_back_office(staffs: Client, rules: None) -> None:
    published = Policy.objects.get(program="shop", region="", version=2)
    url = reverse("admin:programs_policy_change", args=[published.pk])
    assert staffs.get(url).status_code == 200
    assert staffs.post(url, {"min_followers": 1}).status_code == 403
    assert staffs.post(reverse("admin:programs_policy_delete", args=[published.pk]), {"post": "yes"}).status_code == 403
    published.refresh_from_db()
    assert published.min_followers == 1_000


def test_a_draft_is_made_in_the_back_office_and_never_published_there(staffs: Client, rules: None) -> None:
    answers = {
        "program": "shop",
        "region": "",
        "valid_from": "2030-01-01",
        "min_followers": 500,
        "min_views": 0,
        "min_age": 18,
        "good_standing": "on",
        "published_at_0": "2020-01-01",
        "published_at_1": "00:00",
        "version": 9,
    }
    assert staffs.post(reverse("admin:programs_policy_add"), answers).status_code == 302
    made = Policy.objects.get(valid_from=date(2030, 1, 1))
    assert (made.published_at, made.version) == (None, None)


def test_only_staff(client: Client, draft: Policy, sam: User) -> None:
    url = reverse("policy_preview", args=[draft.pk])
    assert client.get(url)["Location"].startswith(reverse("account_login"))
    client.force_login(sam)
    assert client.get(url).status_code == 403


def test_an_unknown_rule_is_not_found(staffs: Client) -> None:
    assert staffs.get(reverse("policy_preview", args=[999_999])).status_code == 404


def test_other_methods_are_refused(staffs: Client, draft: Policy) -> None:
    assert staffs.post(reverse("policy_preview", args=[draft.pk])).status_code == 405
