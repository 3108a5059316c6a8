"""What is offered to who is about to leave, and how often it kept somebody."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.refusal import Refusal
from subscriptions.models import Membership, MembershipTerms, PromoCode, StayOffer, Tier
from subscriptions.proration import add_months
from subscriptions.queries.promos import require_scope
from subscriptions.queries.quote_terms import Terms
from subscriptions.queries.quotes import change_terms, pause_choices, stay_terms

Kind = MembershipTerms.SaveOffer


class OfferIsOver(Refusal):
    sentence = _("This offer is over. Nothing has changed.")


@dataclass(frozen=True, slots=True)
class SaveOffer:
    """A creator's offer to one member now. `terms`: what it would cost, where it is a discount or a lower tier.

    `code` of "code" is a word for coming back, and nothing to accept.
    """

    kind: str
    code: str = ""
    promo: PromoCode | None = None
    tier: Tier | None = None
    terms: Terms | None = None


def save_offer(*, membership: Membership, at: datetime) -> SaveOffer | None:
    """The creator's offer to who leaves; None when there is none, it does not fit this membership, or it was accepted
    within the span that the creator chose.
    """
    terms = MembershipTerms.objects.filter(creator=membership.creator).first()
    if terms is None or not terms.save_offer:
        return None
    since = add_months(at, -terms.save_again_months)
    if StayOffer.objects.accepted().filter(membership=membership, accepted_at__gt=since).exists():
        return None
    try:
        return _offer_of(terms, membership, at)
    except Refusal:
        return None


def _offer_of(terms: MembershipTerms, membership: Membership, at: datetime) -> SaveOffer | None:
    if terms.save_offer == Kind.PAUSE:
        return SaveOffer(Kind.PAUSE) if pause_choices(membership=membership, at=at) else None
    if terms.save_offer == Kind.LOWER:
        lower = Tier.objects.on_sale().filter(creator=membership.creator, rank__lt=membership.tier.rank)
        tier = lower.order_by("-rank").select_related("creator").first()
        change = change_terms(membership=membership, tier=tier, at=at) if tier else None
        return SaveOffer(Kind.LOWER, tier=tier, terms=change) if change else None
    promo = PromoCode.objects.switched_on().filter(creator=membership.creator, code=terms.save_code).first()
    if promo is None:
        return None
    if terms.save_offer == Kind.CODE:
        return SaveOffer(Kind.CODE, code=promo.code)
    return SaveOffer(Kind.DISCOUNT, code=promo.code, promo=promo, terms=discount_terms(membership, promo, at))


def discount_terms(membership: Membership, promo: PromoCode, at: datetime) -> Terms:
    """What staying with a code costs. Its caps count who joins; its dates, tiers and rhythm count here, too."""
    if promo.switched_off_at is not None or not promo.stripe_coupon_id:
        raise OfferIsOver
    require_scope(promo, membership.price, at)
    return stay_terms(membership=membership, promo=promo, at=at)


@dataclass(frozen=True, slots=True)
class Kept:
    """How one kind of offer did. `ripe`: accepted three months ago or more; `kept`: those of them who stayed that long."""

    kind: str
    label: str | Promise
    shown: int
    accepted: int
    ripe: int
    kept: int


def stay_summary(*, creator: Creator, now: datetime) -> list[Kept]:
    """For each kind of offer that was ever shown: how often, to what end. One query."""
    accepted = Q(accepted_at__isnull=False, refused_at__isnull=True)
    ripe = accepted & Q(accepted_at__lte=now - StayOffer.KEPT_AFTER)
    stayed = Q(membership__status__in=Membership.GOING_ON) | Q(
        membership__ended_at__gte=F("accepted_at") + StayOffer.KEPT_AFTER
    )
    rows = (
        StayOffer.objects.filter(membership__creator=creator)
        .order_by()
        .values("kind")
        .annotate(
            shown=Count("pk"),
            accepted=Count("pk", filter=accepted),
            ripe=Count("pk", filter=ripe),
            kept=Count("pk", filter=ripe & stayed),
        )
    )
    labels = dict(Kind.choices)
    return [
        Kept(row["kind"], labels[row["kind"]], row["shown"], row["accepted"], row["ripe"], row["kept"])
        for row in sorted(rows, key=lambda row: Kind.values.index(row["kind"]))
    ]
