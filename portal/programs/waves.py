"""Questions about invitations: what became of a wave, who invited whom, and who would be next."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from portal.accounts.models import Creator
from portal.programs.models import Invitation, Program
from portal.programs.queries import standings


@dataclass(frozen=True, slots=True)
class Wave:
    """What became of the invitations of one wave."""

    program: Program
    name: str
    made: int
    used: int
    open: int

    @property
    def over(self) -> int:
        """Ran out, or taken back."""
        return self.made - self.used - self.open


def waves(*, now: datetime) -> list[Wave]:
    """Every wave of staff, the newest first. One query."""
    is_open = Q(used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now)
    rows = (
        Invitation.objects.exclude(wave="")
        .order_by()
        .values_list("program", "wave")
        .annotate(Count("pk"), used=Count("used_at"), open=Count("pk", filter=is_open))
    )
    found = [Wave(Program(program), name, made, used, left) for program, name, made, used, left in rows]
    return sorted(found, key=lambda wave: (wave.program, wave.name), reverse=True)


def used_invitations() -> QuerySet[Invitation]:
    """Who invited whom: the invitations that were used, the newest first."""
    rows = Invitation.objects.filter(used_at__isnull=False)
    return rows.select_related("by_creator", "by_staff", "used_by").order_by("-used_at", "-pk")


def next_in_line(*, program: Program, region: str, most: int, now: datetime) -> list[Creator]:
    """Those of a region who meet the rule, are not in and not invited, the most followed first."""
    judged = standings(creators=Creator.objects.filter(region=region), program=program, on=now.date())
    fitting = [
        one
        for one in judged
        if one.meets_rule and one.suspension is None and one.enrollment is None and one.invitation is None
    ]
    fitting.sort(key=lambda one: (-one.facts.followers, one.facts.creator.pk))
    return [one.facts.creator for one in fitting[:most]]
