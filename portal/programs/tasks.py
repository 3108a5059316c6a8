"""Jobs of programs."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from portal.programs import actions


@shared_task(name="programs.announce_rules")
def announce_rules(**_: Any) -> int:
    """Tell those whom a rule that began made eligible. Runs after each publication, and hourly for later days."""
    return actions.announce_due(now=timezone.now())
