"""What a creator does about members: give access, take it back, and write down what to remember."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from subscriptions.actions.grants import give_grant, revoke_grant
from subscriptions.models import Grant, MemberNote, Membership, Tier


class NotYourTier(Refusal):
    sentence = _("Give access to a tier of your own that is not archived.")
    field = "tier"


class NobodyChosen(Refusal):
    sentence = _("Choose at least one member.")


class TooManyChosen(Refusal):
    sentence = _("At most %(most)s members at once.")


class OwnAccess(Refusal):
    sentence = _("Everything of yours is open to you already.")


class NotYoursToTakeBack(Refusal):
    sentence = _("Only access that you have given yourself can be taken back here.")
    status = 403


class NotYourMember(Refusal):
    sentence = _("Notes are kept about your own members.")
    status = 403


MOST_AT_ONCE = 200


@transaction.atomic
def give_complimentary(
    *, creator: Creator, fans: Iterable[User], tier: Tier, reason: str, until: datetime | None, now: datetime, key: str
) -> list[Grant]:
    """Open a tier to some people without payment, and tell them. All or nobody.

    Safe to repeat with the same `key` (of one form): a person gets one grant of it.
    """
    people = {fan.pk: fan for fan in fans}
    if not people:
        raise NobodyChosen
    if len(people) > MOST_AT_ONCE:
        raise TooManyChosen(most=MOST_AT_ONCE)
    if tier.creator_id != creator.pk or tier.archived_at is not None:
        raise NotYourTier
    if creator.user_id in people:
        raise OwnAccess
    given = []
    for pk, fan in people.items():
        grant = give_grant(
            fan=fan,
            kind=Grant.Kind.COMPLIMENTARY,
            by=creator.user,
            reason=reason,
            now=now,
            tier=tier,
            until=until,
            key=f"{creator.public_id}:{key}:{pk}",
        )
        _tell_given(grant, now)
        given.append(grant)
    return given


@transaction.atomic
def take_back(*, creator: Creator, grant: Grant, reason: str, now: datetime) -> Grant:
    """Close a door that the creator has opened. Safe to repeat: the first time and reason stay."""
    if grant.creator_id != creator.pk or grant.kind != Grant.Kind.COMPLIMENTARY:
        raise NotYoursToTakeBack
    return revoke_grant(grant=grant, by=creator.user, reason=reason.strip() or str(_("without a reason")), now=now)


@transaction.atomic
def write_note(*, creator: Creator, fan: User, text: str, now: datetime) -> MemberNote:
    """Keep a note about a member. The same words as the newest note are that note, so a double click writes one."""
    if not Membership.objects.filter(creator=creator, fan=fan).exists():
        raise NotYourMember
    newest = MemberNote.objects.filter(creator=creator, fan=fan).first()
    if newest is not None and newest.text == text.strip():
        return newest
    return MemberNote.objects.create(
        creator=creator, fan=fan, text=text.strip(), written_at=now, written_by=creator.user
    )


@transaction.atomic
def welcome(*, membership: Membership, now: datetime) -> None:
    """Send the tier's welcome message, as a notice. Safe to repeat: once a membership, tier and subscription."""
    tier = membership.tier
    if not tier.welcome or membership.status not in (Membership.Status.ACTIVE, Membership.Status.TRIALING):
        return
    creator = membership.creator
    tell(
        to=membership.fan,
        kind="subscriptions.welcome",
        subject=_("Welcome to %(tier)s of %(creator)s") % {"tier": tier, "creator": creator.display_name},
        body=tier.welcome,
        url=reverse("creator_page", args=[creator.handle]),
        now=now,
        key=f"welcome:{membership.stripe_subscription_id}:{tier.public_id}",
    )


def _tell_given(grant: Grant, now: datetime) -> None:
    values = {"creator": grant.creator.display_name, "tier": grant.tier}
    tell(
        to=grant.fan,
        kind="subscriptions.given",
        subject=_("%(creator)s gives you %(tier)s") % values,
        body=grant.reason,
        url=reverse("creator_page", args=[grant.creator.handle]),
        now=now,
        key=f"given:{grant.pk}",
    )
