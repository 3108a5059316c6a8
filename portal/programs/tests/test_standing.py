from datetime import UTC, date, datetime, timedelta

import pytest

from portal.accounts.models import Creator, User
from portal.programs.actions import suspend
from portal.programs.models import Program, RegionRule
from portal.programs.queries import NotEnrolled, is_enrolled, require_enrollment, standing

MAY = date(2026, 5, 15)


def test_everything_met_is_enrolled(mika: Creator) -> None:
    for program in Program:
        answer = standing(creator=mika, program=program, on=MAY)
        assert answer.enrolled and answer.is_open and answer.missing == ()
        assert is_enrolled(creator=mika, program=program, on=MAY)


def test_small_creator_may_join_the_shop_but_is_not_in_it(noor: Creator) -> None:
    answer = standing(creator=noor, program="shop", on=MAY)
    assert answer.eligible and answer.is_open and not answer.enrolled
    followers = answer.requirements[0]
    assert (followers.needed, followers.actual, followers.gap, followers.policy_version) == (1_000, 1_200, 0, 2)
    with pytest.raises(NotEnrolled):
        require_enrollment(creator=noor, program="shop", on=MAY)


def test_each_number_that_is_missing_is_named_with_its_gap(noor: Creator) -> None:
    answer = standing(creator=noor, program=Program.REWARDS, on=MAY)
    assert not answer.eligible
    assert [(line.name, line.gap) for line in answer.missing] == [("followers", 8_800), ("views", 91_000)]


def test_the_rule_of_the_day_counts(noor: Creator) -> None:
    noor.audience_counts.update(measured_at=datetime(2024, 4, 1, tzinfo=UTC))
    before = standing(creator=noor, program="shop", on=date(2024, 4, 30))
    after = standing(creator=noor, program="shop", on=date(2024, 5, 1))
    assert (before.eligible, before.requirements[0].gap) == (False, 3_800)
    assert after.eligible


def test_a_count_measured_later_is_not_known_yet(noor: Creator, noon: datetime) -> None:
    noor.audience_counts.update(measured_at=noon)
    assert not standing(creator=noor, program="shop", on=MAY, now=noon - timedelta(seconds=1)).eligible
    assert standing(creator=noor, program="shop", on=MAY, now=noon).eligible


def test_age_counts_full_years_and_unknown_is_not_met(noor: Creator) -> None:
    noor.user.birth_date = date(2008, 5, 16)
    noor.user.save()
    young = standing(creator=noor, program="shop", on=MAY)
    assert [(line.name, line.actual, line.gap) for line in young.missing] == [("age", 17, 1)]
    assert standing(creator=noor, program="shop", on=date(2026, 5, 16)).eligible
    noor.user.birth_date = None
    noor.user.save()
    assert [(line.actual, line.gap) for line in standing(creator=noor, program="shop", on=MAY).missing] == [(None, 18)]


def test_a_region_has_its_own_rule(noor: Creator) -> None:
    noor.region = "KR"
    noor.save()
    answer = standing(creator=noor, program="rewards", on=MAY)
    assert {line.name: line.needed for line in answer.requirements} == {
        "followers": 50_000,
        "views": 100_000,
        "age": 19,
        "standing": 0,
    }


def test_a_closed_region_lets_nobody_in(noor: Creator) -> None:
    noor.region = "BR"
    noor.save()
    answer = standing(creator=noor, program="shop", on=MAY)
    assert answer.meets_rule and not answer.eligible and answer.mode == RegionRule.Mode.CLOSED


def test_suspension_in_one_program_is_bad_standing_in_another(mika: Creator, staff: User, noon: datetime) -> None:
    suspend(creator=mika, program="shop", reason="Copied reviews", now=noon, by=staff, until=date(2026, 5, 20))
    shop = standing(creator=mika, program="shop", on=MAY)
    assert not shop.enrolled and shop.suspension is not None and shop.enrollment is not None
    rewards = standing(creator=mika, program="rewards", on=MAY)
    assert rewards.enrolled and not rewards.eligible
    assert [line.name for line in rewards.missing] == ["standing"]
    assert not is_enrolled(creator=mika, program="shop", on=date(2026, 5, 20))
    assert is_enrolled(creator=mika, program="shop", on=date(2026, 5, 21))


def test_nothing_is_known_before_the_first_rule(noor: Creator) -> None:
    answer = standing(creator=noor, program="rewards", on=date(2020, 1, 1))
    assert answer.policy is None and not answer.eligible and answer.mode == RegionRule.Mode.CLOSED
