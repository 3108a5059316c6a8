"""The rules a fresh portal starts with: the history of each program as TikTok made it public, dated.

Idempotent: a version that is there is left as it is, so staff may publish newer ones at any time.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from portal.programs.models import Policy, Program, RegionRule

MODE = RegionRule.Mode

# program, region, version, from, followers, views, age, why
POLICIES: list[tuple[str, str, int, date, int, int, int, str]] = [
    (Program.SHOP, "", 1, date(2023, 9, 12), 5_000, 0, 18, "Opening rule of the affiliate program."),
    (Program.SHOP, "", 2, date(2024, 5, 1), 1_000, 0, 18, "Lowered from 5,000, so that small creators can sell too."),
    *[
        (Program.SHOP, region, 1, date(2024, 5, 1), 500, 0, 18, "Southeast Asia starts at 500 followers.")
        for region in ("SG", "MY", "TH", "PH", "ID")
    ],
    (Program.SHOP, "VN", 1, date(2024, 5, 1), 300, 0, 18, "Vietnam starts at 300 followers."),
    (Program.SUBSCRIPTIONS, "", 1, date(2022, 5, 26), 1_000, 0, 18, "First launch, for live creators, by invitation."),
    (
        Program.SUBSCRIPTIONS,
        "",
        2,
        date(2024, 9, 1),
        10_000,
        100_000,
        18,
        "Opened to creators who do not go live: 10,000 followers and 100,000 views in 30 days.",
    ),
    (Program.REWARDS, "", 1, date(2024, 3, 18), 10_000, 100_000, 18, "The rule since the program left its beta."),
    (Program.REWARDS, "JP", 1, date(2024, 3, 18), 50_000, 100_000, 18, "Japan: 50,000 followers."),
    (Program.REWARDS, "KR", 1, date(2024, 3, 18), 50_000, 100_000, 19, "South Korea: 50,000 followers, 19 years."),
]

# program, regions, mode, from, invitations a creator may hand out, why
REGION_RULES: list[tuple[str, str, str, date, int, str]] = [
    (Program.SHOP, "*", MODE.CLOSED, date(2023, 9, 12), 0, "Not opened here yet."),
    (Program.SHOP, "US GB SG MY TH PH ID VN", MODE.OPEN, date(2023, 9, 12), 0, "First regions of the shop."),
    (Program.SHOP, "DE FR", MODE.OPEN, date(2025, 3, 31), 0, "Opened in Germany and France."),
    (Program.SUBSCRIPTIONS, "*", MODE.INVITE_ONLY, date(2022, 5, 26), 3, "First by invitation, everywhere."),
    (
        Program.SUBSCRIPTIONS,
        "US FR DE ES GB ID IT JP KR",
        MODE.OPEN,
        date(2024, 9, 1),
        0,
        "Open to everyone who meets the rule.",
    ),
    (Program.REWARDS, "*", MODE.CLOSED, date(2024, 3, 18), 0, "Not opened here yet."),
    (Program.REWARDS, "US GB DE FR JP KR BR MX", MODE.OPEN, date(2024, 3, 18), 0, "The regions of the program."),
]

# Where a card may not be charged again by itself: program → regions, with the access of everywhere else.
PASSES_ONLY: list[tuple[str, str, date, str]] = [
    (
        Program.SUBSCRIPTIONS,
        "IN",
        date(2022, 5, 26),
        "Recurring card charges need a mandate that is not supported yet.",
    ),
]


def install(
    now: datetime, *, policy_model: type[Policy] = Policy, region_rule_model: type[RegionRule] = RegionRule
) -> None:
    """Make sure every historic rule exists. The key is program, region and version (or first day)."""
    for key, values in _policies():
        policy_model.objects.get_or_create(**key, defaults=values | {"announced_at": now})
    for key, values in _region_rules():
        region_rule_model.objects.get_or_create(**key, defaults=values | {"announced_at": now})


def _policies() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for program, region, version, valid_from, followers, views, age, note in POLICIES:
        yield (
            {"program": program, "region": region, "version": version},
            {
                "valid_from": valid_from,
                "min_followers": followers,
                "min_views": views,
                "min_age": age,
                "note": note,
                "published_at": datetime.combine(valid_from, time(), UTC),
            },
        )


def _region_rules() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for program, region, valid_from, note in PASSES_ONLY:
        yield (
            {"program": program, "region": region, "valid_from": valid_from},
            {"mode": MODE.INVITE_ONLY, "invites_per_creator": 3, "charges": RegionRule.Charges.PASSES, "note": note},
        )
    for program, regions, mode, valid_from, invites, note in REGION_RULES:
        for region in regions.replace("*", "").split() or [""]:
            yield (
                {"program": program, "region": region, "valid_from": valid_from},
                {"mode": mode, "invites_per_creator": invites, "note": note},
            )
