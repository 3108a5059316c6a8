"""A tier that is only written in a form so far, among those that are there: for looking at, never for saving."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from portal.accounts.models import Creator
from subscriptions.models import Benefit, Tier, TierPrice
from subscriptions.queries.tiers import Attached, TierOffer, benefits_of, offers


def with_draft(*, creator: Creator, tier: Tier | None, values: dict[str, Any], at: datetime) -> list[TierOffer]:
    """The creator's tiers as fans would see them with these values; what a form could not read is left out."""
    known = offers(creator=creator, at=at, drafts=True)
    rank = tier.rank if tier else max((offer.tier.rank for offer in known), default=0) + 1
    shown = Tier(
        pk=tier.pk if tier else 0,
        creator=creator,
        public_id=tier.public_id if tier else "",
        name=values.get("name") or _("Name"),
        rank=rank,
        description=values.get("description", ""),
        badge=values.get("badge", ""),
        seats=values.get("seats"),
    )
    mine = next((offer for offer in known if tier is not None and offer.tier.pk == tier.pk), None)
    price = TierPrice(
        tier=shown,
        version=0,
        amount_minor=values.get("amount") or 0,
        currency=creator.currency,
        interval=values.get("interval") or (mine.price.interval if mine else TierPrice.Interval.MONTH),
    )
    made = TierOffer(shown, price, _held(creator, shown, values), shown.seats if mine is None else mine.seats_left)
    others = [offer for offer in known if offer is not mine]
    return sorted([*others, made], key=lambda offer: offer.tier.rank)


def _held(creator: Creator, tier: Tier, values: dict[str, Any]) -> tuple[Attached, ...]:
    """The lower tiers' benefits first, then what is ticked and written, each once."""
    titles = {benefit.kind: benefit.title for benefit in Benefit.objects.filter(creator=creator)}
    labels = dict(Benefit.Kind.choices)
    below = [one for one in benefits_of(creator) if one.rank < tier.rank and one.archived_at is None]
    names = [str(titles.get(kind) or labels[kind]) for kind in values.get("kinds", []) if kind in labels]
    names += values.get("promises", [])
    found = {one.title: one for one in below}
    for name in names:
        found.setdefault(name, Attached(0, creator.pk, tier.rank, None, 0, Benefit.Kind.CUSTOM, name))
    return tuple(found.values())
