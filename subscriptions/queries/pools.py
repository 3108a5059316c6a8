"""Gift pools: what seats cost, who may enter and why not, and the file from which anybody recomputes a draw."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.kit.signing import derived_secret
from portal.programs.models import Program
from portal.programs.queries import require_enrollment
from subscriptions.draw import FORMAT
from subscriptions.models import (
    Comment,
    GiftPool,
    Grant,
    Message,
    PoolEntry,
    PoolFunding,
    PoolOffer,
    PoolRules,
    PoolSeat,
    Purchase,
    Quote,
)
from subscriptions.queries.gifts import gift_price
from subscriptions.queries.persons import fingerprints_of, mailbox_of
from subscriptions.queries.places import require_no_season
from subscriptions.queries.plans import titles
from subscriptions.queries.quote_terms import Terms

Who, Way = PoolRules.Who, PoolRules.Way


class OwnPool(Refusal):
    sentence = _("This is your own pool. Its seats are paid for by others, and go to others.")


class PoolTakesNoSeats(Refusal):
    sentence = _("Nobody can pay for seats of this pool any more.")


class TooManySeats(Refusal):
    sentence = _("Choose between 1 and %(most)s seats.")
    field = "seats"


class PoolIsNotOpen(Refusal):
    sentence = _("Nobody can enter this pool right now.")


class AlreadyMemberHere(Refusal):
    sentence = _("This pool is for people who are no members. You have access already.")


class HasNotSpoken(Refusal):
    sentence = _("This pool is for people who wrote a comment or in the chat within the last %(days)s days.")


class NotOnTheList(Refusal):
    sentence = _("This pool is for people on a list of the creator's, and the email of your account is not on it.")


class EnteredAlready(Refusal):
    sentence = _("You have entered this pool already, under another account.")


def pool_terms(*, fan: User, pool: GiftPool, seats: int, at: datetime) -> Terms:
    """What paying for so many seats costs: paid once, now. What nobody claims goes back to the card."""
    require_enrollment(creator=pool.creator, program=Program.SUBSCRIPTIONS, on=at.date(), now=at)
    if pool.creator.user_id == fan.pk:
        raise OwnPool
    if pool.state(at) not in ("announced", "open"):
        raise PoolTakesNoSeats
    if not 1 <= seats <= PoolFunding.MOST_SEATS:
        raise TooManySeats(most=PoolFunding.MOST_SEATS)
    require_no_season(tier=pool.tier)
    price, amount = gift_price(tier=pool.tier, months=pool.months, at=at)
    inputs = {"price": price.public_id, "amount": amount, "pool": pool.public_id, "seats": seats}
    return Terms(
        kind=Quote.Kind.POOL,
        currency=price.currency,
        effective_at=at,
        inputs=inputs | {"rules": pool.rules.version, "back_by": back_by(pool.rules).isoformat()},
        price=price,
        amount_minor=amount,
        months=pool.months,
        charge_now_minor=amount * seats,
        gained=[{"title": title, "from": at.isoformat(), "until": None} for title in titles(pool.tier)],
    )


def back_by(rules: PoolRules) -> datetime:
    """When at the latest a seat that nobody claims is on its way back."""
    begins = rules.draws_at if rules.way == Way.DRAW else rules.closes_at
    # A day for jobs that are late.
    return begins + timedelta(days=rules.claim_days * rules.rounds + 1)


def list_key(pool: GiftPool, text: str, master: str | None = None) -> str:
    """What a pool keeps of a mailbox or a handle on its list: a hash that only this portal can make."""
    text = text.strip().lower()
    name = text if text.startswith("@") else mailbox_of(text)
    return derived_secret("listed", f"{pool.public_id}:{name}", master).removeprefix("listed_")[:40]


def require_enterable(*, pool: GiftPool, fan: User, at: datetime) -> None:
    """Raises why somebody may not enter now. One entry a person: told by the account, the mailbox and the cards."""
    if pool.state(at) != "open":
        raise PoolIsNotOpen
    if pool.creator.user_id == fan.pk:
        raise OwnPool
    _require_chosen(pool, pool.rules, fan, at)
    others = PoolEntry.objects.filter(pool=pool).exclude(fan=fan)
    cards = Q(left_at__isnull=True, fan__payment_cards__fingerprint__in=fingerprints_of(fan))
    if others.filter(Q(mailbox=mailbox_of(fan.email)) | cards).exists():
        raise EnteredAlready


def _require_chosen(pool: GiftPool, rules: PoolRules, fan: User, at: datetime) -> None:
    if rules.who == Who.LISTED:
        names = [
            fan.email,
            *(f"@{handle}" for handle in Creator.objects.filter(user=fan).values_list("handle", flat=True)),
        ]
        masters = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        if not {list_key(pool, name, master) for name in names for master in masters} & set(rules.listed):
            raise NotOnTheList
        return
    if Grant.objects.live(at).filter(fan=fan, creator=pool.creator).exists():
        raise AlreadyMemberHere
    if rules.who == Who.SPOKE and not has_spoken(
        fan=fan, pool=pool, since=at - timedelta(days=rules.spoke_days), at=at
    ):
        raise HasNotSpoken(days=rules.spoke_days)


def has_spoken(*, fan: User, pool: GiftPool, since: datetime, at: datetime) -> bool:
    """Whether somebody said anything at the creator's that still stands."""
    said = {"author": fan, "sent_at__range": (since, at), "removed_at__isnull": True}
    if Comment.objects.filter(post__creator=pool.creator, **said).exists():
        return True
    return Message.objects.filter(room__creator=pool.creator, **said).exists()


def entered(pool: GiftPool) -> QuerySet[PoolEntry]:
    """Who is in it now."""
    return PoolEntry.objects.filter(pool=pool, left_at__isnull=True)


def pools_of(*, creator: Creator) -> QuerySet[GiftPool]:
    """A creator's pools with their numbers, the newest first. Two queries."""
    rows = GiftPool.objects.filter(creator=creator).select_related("tier").prefetch_related("rule_versions")
    stays = Q(entries__left_at__isnull=True)
    return rows.annotate(
        entry_count=Count("entries", filter=stays, distinct=True),
        seat_count=Count("fundings__seats", distinct=True),
        claimed_count=Count("fundings__seats", filter=Q(fundings__seats__claimed_at__isnull=False), distinct=True),
    )


def with_pools(creators: QuerySet[Creator]) -> QuerySet[Creator]:
    """With `has_pools`: whether there may be some on show. No query of its own, so that a page without asks none."""
    going_on = GiftPool.objects.filter(creator=OuterRef("pk"), finished_at=None, called_off_at=None).order_by()
    return creators.annotate(has_pools=Exists(going_on))


def pools_on_show(*, creator: Creator, at: datetime) -> list[GiftPool]:
    """The pools that one can pay for or enter now, for a creator's page. Two queries; none where `with_pools` found none."""
    if not getattr(creator, "has_pools", True):
        return []
    rows = pools_of(creator=creator).filter(finished_at__isnull=True, called_off_at__isnull=True)
    return [pool for pool in rows if pool.state(at) in ("announced", "open")]


def seats_of(*, pool: GiftPool) -> QuerySet[PoolSeat]:
    """Every seat that was paid for, the oldest payment first."""
    rows = PoolSeat.objects.filter(funding__pool=pool).select_related(
        "funding__giver", "funding__purchase", "redeemer", "return_order__refund"
    )
    return rows.order_by("funding__purchase__paid_at", "funding", "number")


def entries_of(*, fan: User) -> QuerySet[PoolEntry]:
    """The pools a person has entered, and what they were offered; the newest first."""
    rows = PoolEntry.objects.filter(fan=fan).select_related("pool__creator", "pool__tier", "offer__seat__grant")
    return rows.prefetch_related("pool__rule_versions").order_by("-entered_at", "-pk")


def funded_by(*, giver: User) -> QuerySet[PoolFunding]:
    """What a person has paid into pools, with each seat; the newest first."""
    rows = PoolFunding.objects.filter(giver=giver, purchase__state=Purchase.State.PAID)
    rows = rows.select_related("pool__creator", "pool__tier", "purchase")
    return rows.prefetch_related("seats__return_order__refund", "pool__rule_versions").order_by("-made_at", "-pk")


def givers_of(*, pool: GiftPool) -> tuple[list[tuple[str, int]], int]:
    """(name, seats) of everybody who paid and may be named, in their order; and how many seats came without a name."""
    named: dict[str, int] = {}
    unnamed = 0
    rows = PoolFunding.objects.filter(pool=pool, seats__isnull=False).select_related("giver")
    for funding in rows.annotate(paid_seats=Count("seats", filter=Q(seats__withdrawn_at__isnull=True))):
        if funding.is_anonymous:
            unnamed += funding.paid_seats
        elif funding.paid_seats:
            name = str(funding.giver)
            named[name] = named.get(name, 0) + funding.paid_seats
    return list(named.items()), unnamed


def rules_as_published(rules: PoolRules) -> dict[str, Any]:
    return {
        "version": rules.version,
        "who": rules.who,
        "spoke_days": rules.spoke_days if rules.who == Who.SPOKE else None,
        "listed": len(rules.listed) if rules.who == Who.LISTED else None,
        "way": rules.way,
        "opens_at": rules.opens_at.isoformat(),
        "closes_at": rules.closes_at.isoformat(),
        "draws_at": rules.draws_at.isoformat(),
        "claim_days": rules.claim_days,
        "rounds": rules.rounds,
    }


def draw_document(*, pool: GiftPool) -> dict[str, Any]:
    """All that is published of a pool so far; what is still secret is not in it. `subscriptions.draw` checks it."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "pool": pool.public_id,
        "rules": [rules_as_published(rules) for rules in pool.rule_versions.all()],
        "commitment": pool.commitment,
    }
    if pool.frozen_at is not None:
        ids = entered(pool).values_list("public_id", flat=True)
        document |= {"entries": sorted(ids), "entries_hash": pool.entries_hash, "frozen_at": pool.frozen_at.isoformat()}
    if pool.drawn_at is not None:
        placed = entered(pool).order_by("place").values_list("public_id", flat=True)
        offers = PoolOffer.objects.filter(entry__pool=pool).select_related("entry").order_by("entry__place")
        document |= {
            "seed": pool.seed,
            "drawn_at": pool.drawn_at.isoformat(),
            "order": list(placed),
            "offers": [{"entry": offer.entry.public_id, "outcome": offer.outcome} for offer in offers],
        }
    return document


def seats_counted(*, pool: GiftPool) -> dict[str, int]:
    """How many seats were paid for (`all`, without withdrawn ones), are claimed, and went back. One query."""
    alive = Q(withdrawn_at__isnull=True)
    counts = PoolSeat.objects.filter(funding__pool=pool).aggregate(
        all=Count("pk", filter=alive),
        claimed=Count("pk", filter=alive & Q(claimed_at__isnull=False)),
        returned=Count("pk", filter=alive & Q(returned_at__isnull=False)),
    )
    return counts | {"waiting": counts["all"] - counts["claimed"] - counts["returned"]}


def are_fixed(*, pool: GiftPool) -> bool:
    """Whether somebody relies on the rules: they paid (or are about to), or entered."""
    paid = PoolFunding.objects.filter(pool=pool, purchase__isnull=False)
    return paid.exclude(purchase__state=Purchase.State.EXPIRED).exists() or PoolEntry.objects.filter(pool=pool).exists()


def may_take_back(*, funding: PoolFunding, at: datetime) -> bool:
    """Whether the giver can have money back by themselves: entries are open, and a seat is free."""
    is_early = funding.pool.frozen_at is None and at < funding.pool.rules.closes_at
    return is_early and PoolSeat.objects.free().filter(funding=funding).exists()
