"""People sign up, become creators, and take part in programs."""

from datetime import UTC, date, datetime
from typing import Any

from allauth.account.models import EmailAddress

from portal.accounts.actions import become_creator, edit_creator
from portal.accounts.models import AudienceCount, Creator, User
from portal.demo.clock import Clock
from portal.demo.people import CREATORS, FANS, ROLES, CreatorPart
from portal.programs import actions as programs
from portal.programs.models import Program
from portal.programs.queries import standing


def sign_up(email: str, name: str, **fields: Any) -> User:
    """What the sign-up page leaves behind once the code from the email was entered."""
    user = User.objects.create_user(email, name=name, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def raise_curtain(clock: Clock) -> tuple[dict[str, Creator], dict[str, User]]:
    """Everybody arrives: creators by handle, people by name."""
    people: dict[str, User] = {}
    creators: dict[str, Creator] = {}
    for part in CREATORS:
        user = sign_up(part.email, part.name.split()[0], country=part.region, birth_date=part.born)
        creators[part.handle] = _creator(part, user, clock.now)
        people[user.name] = user
    for name in FANS:
        people[name] = sign_up(f"{name.lower()}@demo.example", name, country="US", birth_date=date(1996, 6, 6))
    for role in ROLES:
        if role.name not in people:
            people[role.name] = sign_up(role.email, role.name, country="US", is_staff=role.slug == "staff")
    robin = people["Robin"]
    robin.is_superuser = True
    robin.save(update_fields=["is_superuser"])
    return creators, people


def _creator(part: CreatorPart, user: User, now: datetime) -> Creator:
    creator = become_creator(
        user=user,
        handle=part.handle,
        display_name=part.name,
        region=part.region,
        languages=part.languages,
        intro=part.intro,
        now=now,
    )
    edit_creator(
        creator=creator,
        display_name=part.name,
        region=part.region,
        languages=part.languages,
        intro=part.intro,
        accent=part.accent,
    )
    Creator.objects.filter(pk=creator.pk).update(currency=part.currency)
    creator.refresh_from_db()
    AudienceCount.objects.create(
        creator=creator,
        followers=part.followers,
        views_30d=part.views_30d,
        measured_at=now,
        origin=AudienceCount.Origin.DEMO,
    )
    return creator


def join_programs(clock: Clock, creators: dict[str, Creator]) -> int:
    """Whoever meets a program's rules joins it. How many joined."""
    joined = 0
    for creator in creators.values():
        for program in Program:
            if standing(creator=creator, program=program, on=clock.now.date(), now=clock.now).eligible:
                programs.enroll(creator=creator, program=program, now=clock.now)
                joined += 1
    return joined


def measure_again(clock: Clock, creators: dict[str, Creator]) -> None:
    """The audience is counted anew, so that no number on a page is old."""
    for part in CREATORS:
        AudienceCount.objects.get_or_create(
            creator=creators[part.handle],
            measured_at=datetime.combine(clock.now.date(), datetime.min.time(), UTC),
            origin=AudienceCount.Origin.DEMO,
            defaults={"followers": part.followers + part.followers // 40, "views_30d": part.views_30d},
        )
