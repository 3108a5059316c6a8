from datetime import datetime, timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.programs import actions
from portal.programs.models import Policy


def test_everybody_reads_the_rules_in_force_and_their_history(rules: None, client: Client) -> None:
    words = client.get(reverse("program_rules")).content.decode()
    assert "10,000 followers" in words and "100,000 views in 30 days" in words
    assert "rule 2, since May 1, 2024" in words
    assert "5,000 followers" in words and "Lowered from 5,000" in words
    assert "Japan" in words and "Invite only" in words


def test_a_coming_rule_is_announced_and_a_draft_is_not(
    rules: None, client: Client, staff: User, today: datetime
) -> None:
    coming = Policy.objects.create(
        program="shop", valid_from=today.date() + timedelta(days=9), min_followers=777, min_age=18
    )
    assert "777 followers" not in client.get(reverse("program_rules")).content.decode()
    actions.publish_policy(policy=coming, now=today, by=staff)
    words = client.get(reverse("program_rules")).content.decode()
    assert "777 followers" in words and "coming" in words and "rule 2, since May 1, 2024" in words


def test_the_page_costs_three_queries_a_program(rules: None, client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("program_rules"))
    assert len(queries) == 9


def test_other_methods_are_refused(db: None, client: Client) -> None:
    assert client.post(reverse("program_rules")).status_code == 405
