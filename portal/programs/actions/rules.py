"""Publish rules, and tell those whom a new rule lets in. A published rule is never edited."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.jobs import enqueue
from portal.kit.refusal import Refusal
from portal.programs.actions.telling import tell_creator
from portal.programs.models import Policy, Program, RegionRule
from portal.programs.queries import newly_eligible


class RuleAppliesBackwards(Refusal):
    sentence = _("A rule begins today or later: nobody is judged by a rule that came afterwards.")
    field = "valid_from"


class RuleHasEnded(Refusal):
    sentence = _("This rule would have ended before it is published.")
    field = "valid_until"


@transaction.atomic
def publish_policy(*, policy: Policy, now: datetime, by: User) -> Policy:
    """Give the draft its version and put it in force from its day on. Repeating is harmless.

    Those who become eligible are told on the day the rule begins, which may be at once.
    """
    # Every publication of a program takes the same lock, so that versions have no gaps and no twins.
    list(Policy.objects.select_for_update().filter(program=policy.program).values_list("pk"))
    policy = Policy.objects.get(pk=policy.pk)
    if policy.is_published:
        return policy
    if policy.valid_from < now.date():
        raise RuleAppliesBackwards
    if policy.valid_until is not None and policy.valid_until < policy.valid_from:
        raise RuleHasEnded
    same = Policy.objects.filter(program=policy.program, region=policy.region)
    policy.version = (same.aggregate(newest=Max("version"))["newest"] or 0) + 1
    policy.published_at, policy.published_by = now, by
    policy.save(update_fields=["version", "published_at", "published_by"])
    announce_soon()
    return policy


@transaction.atomic
def set_access(
    *,
    program: Program | str,
    region: str,
    mode: RegionRule.Mode | str,
    valid_from: date,
    now: datetime,
    invites_per_creator: int = 0,
    charges: RegionRule.Charges | str = RegionRule.Charges.RECURRING,
    note: str = "",
) -> RegionRule:
    """Open, narrow or close a program in a region (empty: everywhere else) from a day on, today or later.

    The key is program, region and day: repeating changes that day's row while it has not begun to count.
    """
    if valid_from < now.date():
        raise RuleAppliesBackwards
    rule, _created = RegionRule.objects.update_or_create(
        program=program,
        region=region,
        valid_from=valid_from,
        defaults={
            "mode": mode,
            "invites_per_creator": invites_per_creator,
            "charges": charges,
            "note": note,
            "announced_at": None,
        },
    )
    announce_soon()
    return rule


@transaction.atomic
def announce(*, rule: Policy | RegionRule, now: datetime) -> int:
    """Tell everybody whom this rule made eligible and who is not enrolled; how many. Each is told once per rule."""
    told = 0
    for judged in newly_eligible(rule, on=now.date()):
        if judged.enrollment is not None:
            continue
        program = Program(rule.program)
        tell_creator(
            judged.facts.creator,
            program,
            "programs.eligible",
            _("You can join now: %(program)s"),
            _("The rule of this program has changed, and you meet it now. Have a look, and join when you like."),
            f"/studio/programs/{program.value}/",
            key=f"eligible:{rule._meta.model_name}:{rule.pk}:{judged.facts.creator.pk}",
        )
        told += 1
    type(rule).objects.filter(pk=rule.pk).update(announced_at=now)
    return told


def announce_soon() -> None:
    """Have the rules that have begun announced after this transaction."""
    enqueue("programs.announce_rules")


def announce_due(*, now: datetime) -> int:
    """Announce every rule that has begun and was not announced; how many creators were told."""
    policies = Policy.objects.published().filter(valid_from__lte=now.date(), announced_at__isnull=True)
    region_rules = RegionRule.objects.filter(valid_from__lte=now.date(), announced_at__isnull=True)
    due: list[Policy | RegionRule] = [*policies, *region_rules]
    return sum(announce(rule=rule, now=now) for rule in due)
