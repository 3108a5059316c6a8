"""The other portal of the audit: its people exist, and have nothing yet. What it shows are the empty states."""

from datetime import date, datetime

from portal.accounts.actions import become_creator
from portal.accounts.models import AudienceCount, Creator, User
from portal.demo.chapters.cast import sign_up
from portal.demo.people import CREATORS, ROLES, CreatorPart
from portal.programs.actions import enroll
from portal.programs.models import Program
from shop.actions.catalog import open_brand

BORN = date(1994, 3, 2)


def settle_in(now: datetime) -> None:
    """Mika is part of nothing; Noor is part of every program and has made nothing; June's brand has no product."""
    people: dict[str, User] = {}
    for role in ROLES:
        people[role.slug] = sign_up(role.email, role.name, country="US", birth_date=BORN)
    User.objects.filter(pk=people["staff"].pk).update(is_staff=True, is_superuser=True)
    mika, noor = CREATORS[0], CREATORS[1]
    _creator(mika, people["creator"], followers=0, now=now)
    beginner = _creator(noor, people["small-creator"], followers=200_000, now=now)
    for program in Program:
        enroll(creator=beginner, program=program, now=now)
    open_brand(name="Juniper Home", slug="juniper", currency="usd", members=[people["brand"]], now=now)


def _creator(part: CreatorPart, user: User, *, followers: int, now: datetime) -> Creator:
    creator = become_creator(
        user=user, handle=part.handle, display_name=part.name, region="US", languages=["en"], intro="", now=now
    )
    AudienceCount.objects.create(
        creator=creator,
        followers=followers,
        views_30d=followers * 10,
        measured_at=now,
        origin=AudienceCount.Origin.DEMO,
    )
    return creator
