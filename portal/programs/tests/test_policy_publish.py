from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from portal.programs.models import Policy


@pytest.fixture
def draft(rules: None, today: datetime) -> Policy:
    return Policy.objects.create(program="rewards", valid_from=today.date(), min_followers=1_000, min_age=18)


def publish(client: Client, policy: Policy) -> str:
    return client.post(reverse("policy_publish", args=[policy.pk]), follow=True).content.decode()


def test_publishing_tells_those_it_lets_in(
    client: Client, staff: User, draft: Policy, noor: Creator, mika: Creator, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(staff)
    for _time in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            assert "The rule is published" in publish(client, draft)
    draft.refresh_from_db()
    assert (draft.version, draft.published_by) == (2, staff)
    told = Notice.objects.filter(kind="programs.eligible")
    assert [notice.user for notice in told] == [noor.user]
    assert told[0].url == reverse("program_detail", args=["rewards"])


def test_a_rule_that_would_apply_backwards_is_refused(client: Client, staff: User, draft: Policy) -> None:
    client.force_login(staff)
    draft.valid_from -= timedelta(days=1)
    draft.save()
    assert "judged by a rule that came afterwards" in publish(client, draft)
    draft.refresh_from_db()
    assert draft.published_at is None


def test_only_staff(client: Client, draft: Policy, sam: User) -> None:
    client.force_login(sam)
    assert client.post(reverse("policy_publish", args=[draft.pk])).status_code == 403
    draft.refresh_from_db()
    assert draft.published_at is None


def test_it_is_asked_by_post(client: Client, staff: User, draft: Policy) -> None:
    client.force_login(staff)
    assert client.get(reverse("policy_publish", args=[draft.pk])).status_code == 405
