"""Staff invite a group at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.programs.actions.entry import invite
from portal.programs.models import Invitation, Program


@dataclass(slots=True)
class Opened:
    """`left_out`: who was not invited, and the sentence that says why."""

    invitations: list[Invitation] = field(default_factory=list)
    left_out: list[tuple[Creator, str]] = field(default_factory=list)


@transaction.atomic
def open_wave(*, program: Program | str, wave: str, creators: Iterable[Creator], by: User, now: datetime) -> Opened:
    """Invite each of them, and say who is left out and why. Safe to repeat: an open invitation stays the one."""
    opened = Opened()
    for creator in creators:
        try:
            with transaction.atomic():
                made = invite(program=program, by=by, now=now, to_creator=creator, wave=wave)
        except Refusal as refusal:
            opened.left_out.append((creator, str(refusal)))
        else:
            opened.invitations.append(made)
    return opened
