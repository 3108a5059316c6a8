"""Decide by which part a creator's month is split, and publish how that is decided."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse

from portal.accounts.models import Creator
from portal.kit.money import FULL_RATE_BP
from portal.kit.refusal import Refusal
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from subscriptions.models import RevenueShare, ShareCondition, ShareDecision
from subscriptions.queries.revenue import first_of
from subscriptions.queries.shares import Line, judgment_of
from subscriptions.queries.tiers import share_in_force


class ShareOutOfRange(Refusal):
    sentence = _("The platform's part is between 0 and 100 %%, and the bonus is at most all of it.")
    field = "platform"


class ShareInThePast(Refusal):
    sentence = _("A share begins today or later: what was split stays split.")
    field = "effective_date"


class BonusNeedsConditions(Refusal):
    sentence = _("Say what has to be reached for the bonus.")
    field = "bonus"


@transaction.atomic(savepoint=False)
def decide_share(*, share: RevenueShare, creator: Creator, issued_at: datetime, now: datetime) -> ShareDecision | None:
    """How that creator's payments of the month of `issued_at` are split; None where the share has no bonus.

    Decided once a month, on the numbers of the month before, and kept with them. Safe to repeat: by creator, share and
    month; the first decision stays, so all invoices of a month are split alike.
    """
    if not share.bonus_bp:
        return None
    month = first_of(issued_at)
    known = ShareDecision.objects.filter(creator=creator, share=share, month_date=month).first()
    if known is not None:
        return known
    told, numbers = judgment_of(share=share, creator=creator, month=month)
    return ShareDecision.objects.get_or_create(
        creator=creator,
        share=share,
        month_date=month,
        defaults={
            "has_bonus": told.has_bonus,
            "platform_bp": told.platform_bp,
            "inputs": told.inputs(numbers),
            "decided_at": now,
        },
    )[0]


@transaction.atomic
def announce_share(*, creator: Creator, now: datetime) -> ShareDecision | None:
    """Decide a creator's month, and tell them. Safe to repeat: told once a decision."""
    share = share_in_force(creator=creator, at=now)
    decision = decide_share(share=share, creator=creator, issued_at=now, now=now)
    if decision is not None:
        part = f"{(FULL_RATE_BP - decision.platform_bp) / 100:g}"
        tell(
            to=creator.user,
            kind="subscriptions.share",
            subject=_("Your share this month: %(part)s %%") % {"part": part},
            body=_("The bonus counts for you.") if decision.has_bonus else _("The page says what the bonus needs."),
            url=reverse("share"),
            now=now,
            key=f"share:{decision.pk}",
        )
    return decision


@transaction.atomic
def publish_share(
    *,
    platform_bp: int,
    bonus_bp: int,
    lines: Sequence[Line],
    effective_date: date,
    now: datetime,
    note: str = "",
    creator: Creator | None = None,
) -> RevenueShare:
    """A new version of the share, for all or for one creator, from a day on. Payments before it keep theirs.

    Safe to repeat: the same terms from the same day as the newest version are that version.
    """
    if not 0 <= bonus_bp <= platform_bp <= FULL_RATE_BP:
        raise ShareOutOfRange
    if effective_date < now.date():
        raise ShareInThePast
    if bonus_bp and not lines:
        raise BonusNeedsConditions
    newest = RevenueShare.objects.select_for_update().filter(creator=creator).order_by("-version").first()
    terms = (platform_bp, bonus_bp, effective_date, note)
    if newest is not None and terms == (newest.platform_bp, newest.bonus_bp, newest.effective_date, newest.note):
        return newest
    made = RevenueShare.objects.create(
        creator=creator,
        version=newest.version + 1 if newest else 1,
        platform_bp=platform_bp,
        bonus_bp=bonus_bp,
        effective_date=effective_date,
        note=note,
    )
    ShareCondition.objects.bulk_create(
        [ShareCondition(share=made, way=way, kind=kind, at_least=at_least) for way, kind, at_least in lines]
    )
    return made
