from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from portal.programs import actions, defaults
from portal.programs.models import Policy, Program, RegionRule
from portal.programs.queries import preview_policy, standing
from portal.testing.cast import creator, person

TODAY = date(2026, 5, 15)


@pytest.fixture
def sizes(rules: None, noon: datetime) -> dict[int, Creator]:
    """Creators by number of followers."""
    return {
        size: creator(person(f"Fan{size}"), followers=size, views_30d=0, measured_at=noon - timedelta(days=1))
        for size in (300, 600, 900, 1_200)
    }


def draft(**fields: object) -> Policy:
    values = {"program": Program.SHOP, "valid_from": TODAY, "min_followers": 500, "min_age": 18} | fields
    return Policy.objects.create(**values)


def eligible(sizes: dict[int, Creator], on: date = TODAY) -> set[int]:
    return {size for size, each in sizes.items() if standing(creator=each, program="shop", on=on).eligible}


@pytest.mark.parametrize(("followers", "enter", "leave"), [(500, {600, 900}, set()), (2_000, set(), {1_200})])
def test_the_preview_is_what_happens_after_publishing(
    sizes: dict[int, Creator], staff: User, noon: datetime, followers: int, enter: set[int], leave: set[int]
) -> None:
    policy = draft(min_followers=followers)
    before = eligible(sizes)
    preview = preview_policy(policy, today=TODAY)
    assert {each.facts.followers for each in preview.enter} == enter
    assert {each.facts.followers for each in preview.leave} == leave
    actions.publish_policy(policy=policy, now=noon, by=staff)
    after = eligible(sizes)
    assert (after - before, before - after, preview.total) == (enter, leave, 4)


def test_publishing_twice_is_one_version(sizes: dict[int, Creator], staff: User, noon: datetime) -> None:
    policy = actions.publish_policy(policy=draft(), now=noon, by=staff)
    again = actions.publish_policy(policy=policy, now=noon + timedelta(hours=1), by=staff)
    assert (again.version, again.published_at) == (3, noon)


def test_a_falling_threshold_tells_exactly_the_newly_eligible_once(
    sizes: dict[int, Creator],
    staff: User,
    noon: datetime,
    django_capture_on_commit_callbacks: Callable[..., object],
    settings: Any,
) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    actions.enroll_by_staff(creator=sizes[900], program="shop", now=noon, by=staff)
    policy = actions.publish_policy(policy=draft(), now=noon, by=staff)
    for _again in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            actions.announce(rule=policy, now=noon)
    told = Notice.objects.filter(kind="programs.eligible")
    assert [notice.user for notice in told] == [sizes[600].user]
    assert actions.announce_due(now=noon) == 0


def test_a_rule_of_a_later_day_tells_on_that_day(sizes: dict[int, Creator], staff: User, noon: datetime) -> None:
    policy = actions.publish_policy(policy=draft(valid_from=TODAY + timedelta(days=7)), now=noon, by=staff)
    assert actions.announce_due(now=noon) == 0
    assert eligible(sizes) == {1_200}
    assert actions.announce_due(now=noon + timedelta(days=7)) == 2
    policy.refresh_from_db()
    assert policy.announced_at == noon + timedelta(days=7)


def test_opening_a_region_tells_those_it_lets_in(sizes: dict[int, Creator], noon: datetime) -> None:
    sizes[1_200].region = "NZ"
    sizes[1_200].save()
    rule = actions.set_access(program="shop", region="NZ", mode="open", valid_from=TODAY, now=noon)
    assert standing(creator=sizes[1_200], program="shop", on=TODAY).mode == RegionRule.Mode.OPEN
    assert actions.announce(rule=rule, now=noon) == 1


def test_a_rule_with_an_end_gives_way_to_the_one_before(sizes: dict[int, Creator], staff: User, noon: datetime) -> None:
    actions.publish_policy(policy=draft(valid_until=TODAY + timedelta(days=2)), now=noon, by=staff)
    assert eligible(sizes, TODAY + timedelta(days=2)) == {600, 900, 1_200}
    assert eligible(sizes, TODAY + timedelta(days=3)) == {1_200}


def test_a_draft_rules_nothing(sizes: dict[int, Creator]) -> None:
    draft()
    assert eligible(sizes) == {1_200}


def test_no_rule_applies_backwards(rules: None, staff: User, noon: datetime) -> None:
    with pytest.raises(actions.RuleAppliesBackwards):
        actions.publish_policy(policy=draft(valid_from=TODAY - timedelta(days=1)), now=noon, by=staff)
    with pytest.raises(actions.RuleAppliesBackwards):
        actions.set_access(program="shop", region="", mode="open", valid_from=date(2026, 5, 14), now=noon)


def test_a_version_without_publication_cannot_be_written(rules: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        draft(version=9)


def test_the_rules_of_a_fresh_portal_are_installed_once(rules: None, noon: datetime) -> None:
    before = (Policy.objects.count(), RegionRule.objects.count())
    defaults.install(noon)
    assert (Policy.objects.count(), RegionRule.objects.count()) == before
    assert [row.min_followers for row in Policy.objects.filter(program="shop", region="").order_by("version")] == [
        5_000,
        1_000,
    ]


def test_many_creators_are_judged_in_a_fixed_number_of_queries(
    sizes: dict[int, Creator], django_assert_num_queries: Any
) -> None:
    policy = draft()
    with django_assert_num_queries(7):
        preview_policy(policy, today=TODAY)
