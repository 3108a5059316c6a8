"""What a deed would cost and change, computed before anybody agrees to it. Nothing is written here.

Each `…_terms` answers for one kind of quote, or raises the refusal that stands in its way.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.money import format_money
from portal.kit.refusal import Refusal
from portal.programs.models import Program
from portal.programs.queries import require_enrollment
from subscriptions.models import Membership, MembershipTerms, PromoCode, Quote, Tier, TierPrice
from subscriptions.proration import (
    NOTHING_OFF,
    add_months,
    charge_for_new_period,
    charge_in_period,
)
from subscriptions.queries.gifts import gift_days
from subscriptions.queries.places import is_waiting, require_billed, require_no_season
from subscriptions.queries.plans import (
    RenewalInHand,
    at_amount,
    debit,
    off_at,
    off_in_force,
    off_of,
    offs_in_force,
    paid_time,
    titles,
)
from subscriptions.queries.promos import SMALLEST_MINOR, SMALLEST_OTHERWISE_MINOR, discount_for
from subscriptions.queries.quote_terms import Row, Terms
from subscriptions.queries.tiers import current_price, seats_left
from subscriptions.queries.trials import trial_days

Status, Kind = Membership.Status, Quote.Kind
MOST_MINOR = 100_000
PAUSES = (1, 2, 3)
# As many charges as are looked ahead: a code lasts 36 months at most.
FAR = 40


class TierIsNotOnSale(Refusal):
    sentence = _("Nobody can join this tier right now.")


class OwnTier(Refusal):
    sentence = _("This is your own tier: everything in it is open to you already.")


class AlreadyMember(Refusal):
    sentence = _("You are a member of %(creator)s already.")


class TierIsFull(Refusal):
    sentence = _("Every place in this tier is taken.")


class AmountOutOfRange(Refusal):
    sentence = _("You can pay between %(least)s and %(most)s.")
    field = "amount"


class NotGoingOn(Refusal):
    sentence = _("This membership has ended. You can join again at any time.")


class PaymentIsOpen(Refusal):
    sentence = _("A payment of yours is still open. Give another card first; then you can change everything.")


class IsEnding(Refusal):
    sentence = _("This membership is about to end. Say first that you want to stay.")


class IsPaused(Refusal):
    sentence = _("This membership takes a break. Resume it first.")


class NotPaused(Refusal):
    sentence = _("This membership is not paused.")


class NothingChanges(Refusal):
    sentence = _("This is what you have already.")


class OfferDoesNotFit(Refusal):
    sentence = _("This offer does not fit your membership as it stands now.")


class PauseNotOffered(Refusal):
    sentence = _(
        "This membership cannot be paused: it is paid for %(months)s months at a time, or the creator offers no pauses."
    )


def join_terms(
    *, fan: User, tier: Tier, at: datetime, interval: str = "", amount_minor: int | None = None, code: str = ""
) -> Terms:
    """What joining costs: with the trial this person may have, the code they typed, the amount they chose to pay."""
    creator = tier.creator
    require_enrollment(creator=creator, program=Program.SUBSCRIPTIONS, on=at.date(), now=at)
    price = wanted_price(tier, interval, at)
    if creator.user_id == fan.pk:
        raise OwnTier
    if Membership.objects.going_on().filter(fan=fan, creator=creator).exists():
        raise AlreadyMember(creator=creator.display_name)
    if seats_left(tier=tier, but_for=fan.pk) == 0:
        raise TierIsFull
    amount = chosen_amount(price, amount_minor)
    days, gift = trial_days(fan=fan, tier=tier, at=at), ""
    if (given := gift_days(fan=fan, tier=tier, at=at))[0] > days:
        days, gift = given
    discount = discount_for(code=code, fan=fan, price=at_amount(price, amount), at=at) if code.strip() else None
    first = at + timedelta(days=days)
    dues = [first if not k else add_months(first, k * price.months, anchor_day=first.day) for k in range(FAR)]
    charges = [amount - off_at(discount, at, due, is_first=not k).of(amount) for k, due in enumerate(dues)]
    ahead = list(zip(dues, charges, strict=True))[0 if days else 1 :]
    return Terms(
        kind=Kind.JOIN,
        currency=price.currency,
        effective_at=at,
        inputs={
            "price": price.public_id,
            "amount": amount,
            "trial_days": days,
            "discount": f"{discount.promo.public_id}:{discount.off_minor(amount)}" if discount else "",
            **({"gift": gift} if gift else {}),
        },
        price=price,
        amount_minor=amount,
        code=discount.code if discount else "",
        charge_now_minor=0 if days else charges[0],
        next_charge_minor=ahead[0][1],
        next_charge_at=ahead[0][0],
        later=_steps(ahead),
        gained=_opened(titles(tier), at, ahead[0][0]),
    )


def change_terms(
    *, membership: Membership, tier: Tier, at: datetime, interval: str = "", amount_minor: int | None = None
) -> Terms:
    """What another plan costs. More of everything begins now, for its part of the paid time; less begins when that is
    over. Nothing is ever credited: where the difference is too small to charge, the change waits as well.
    """
    held = membership.price
    _require_changeable(membership)
    require_billed(membership=membership, at=at)
    if tier.pk != held.tier_id:
        require_no_season(tier=tier)
    require_enrollment(creator=membership.creator, program=Program.SUBSCRIPTIONS, on=at.date(), now=at)
    price = wanted_price(tier, interval or held.interval, at)
    amount = chosen_amount(price, amount_minor)
    if (tier.pk, price.interval, amount) == (held.tier_id, held.interval, held.amount_minor):
        raise NothingChanges
    if tier.pk != held.tier_id and seats_left(tier=tier, but_for=membership.fan_id) == 0:
        raise TierIsFull
    _start, end = paid_time(membership, at)
    charge = _charge_for_change(membership, price, amount, at)
    is_now = charge >= SMALLEST_MINOR.get(price.currency, SMALLEST_OTHERWISE_MINOR)
    due = add_months(at, price.months) if is_now and price.months != held.months else end
    has, gets = titles(membership.tier), titles(tier)
    ahead = _ahead(membership, price, amount, due)
    effective_at = at if is_now else end
    return Terms(
        kind=Kind.UPGRADE if is_now else Kind.DOWNGRADE,
        currency=price.currency,
        effective_at=effective_at,
        inputs=_inputs(membership, at) | {"price": price.public_id, "amount": amount},
        price=price,
        amount_minor=amount,
        charge_now_minor=charge if is_now else 0,
        next_charge_minor=ahead[0][1],
        next_charge_at=due,
        later=_steps(ahead),
        gained=_opened([title for title in gets if title not in has], effective_at, None),
        lost=_closed([title for title in has if title not in gets], effective_at),
    )


def _charge_for_change(membership: Membership, price: TierPrice, amount: int, at: datetime) -> int:
    """What a change would cost now, 0 for one that is not more of anything, and on a trial; below zero: not now."""
    held = membership.price
    if membership.status == Status.TRIALING:
        return 0
    (start, end), billed, off = paid_time(membership, at), debit(membership, at), off_in_force(membership, at)
    if billed is None:
        raise RenewalInHand
    is_more = price.tier.rank >= membership.tier.rank and price.months >= held.months
    if not is_more or (price.tier_id == held.tier_id and price.months == held.months):
        return 0
    if price.months == held.months:
        return charge_in_period(debit=billed, price_minor=amount, start=start, end=end, at=at, off=off)
    return charge_for_new_period(debit=billed, price_minor=amount, at=at, off=off)


def pause_terms(*, membership: Membership, months: int, at: datetime) -> Terms:
    """A break of some months from the end of the paid time: nothing is charged, nothing is open, then it goes on."""
    _require_changeable(membership)
    require_billed(membership=membership, at=at)
    price = membership.price
    if months not in PAUSES or months % price.months or membership.status == Status.TRIALING:
        raise PauseNotOffered(months=price.months)
    terms = MembershipTerms.objects.filter(creator=membership.creator).first()
    if terms is not None and not terms.pauses:
        raise PauseNotOffered(months=price.months)
    _start, end = paid_time(membership, at)
    resumes_at = add_months(end, months, anchor_day=membership.anchor_day)
    change = membership.changes.pending().select_related("price__tier").first()
    later = change.price if change else price
    everything = titles(membership.tier)
    ahead = _ahead(membership, later, later.amount_minor, resumes_at)
    return Terms(
        kind=Kind.PAUSE,
        currency=price.currency,
        effective_at=end,
        inputs=_inputs(membership, at),
        months=months,
        next_charge_minor=ahead[0][1],
        next_charge_at=resumes_at,
        later=_steps(ahead),
        gained=_opened(titles(later.tier), resumes_at, None),
        lost=_closed(everything, end),
    )


def pause_choices(*, membership: Membership, at: datetime) -> list[Terms]:
    """The breaks that this membership may take now, the shortest first; none when it may not."""
    found = []
    for months in PAUSES:
        try:
            found.append(pause_terms(membership=membership, months=months, at=at))
        except Refusal:
            continue
    return found


def stay_terms(*, membership: Membership, promo: PromoCode, at: datetime) -> Terms:
    """The same plan for less, for as long as the code says: what a member who is about to leave may have instead.

    It counts for renewals alone, so it cannot be one that counts once; nor is it added to another code.
    """
    _require_changeable(membership)
    require_billed(membership=membership, at=at)
    price, change = membership.price, membership.changes.pending().exists()
    off = off_of(promo, at, membership.period_end_at or at, is_first=False)
    left = price.amount_minor - off.of(price.amount_minor)
    least = SMALLEST_MINOR.get(price.currency, SMALLEST_OTHERWISE_MINOR)
    has_other = off_in_force(membership, at) != NOTHING_OFF
    if membership.status != Status.ACTIVE or change or has_other or off == NOTHING_OFF or 0 < left < least:
        raise OfferDoesNotFit
    _start, end = paid_time(membership, at)
    dues = [due for due, _charge in _ahead(membership, price, price.amount_minor, end)]
    offs = [off_of(promo, at, due, is_first=False) for due in dues]
    ahead = [(due, price.amount_minor - one.of(price.amount_minor)) for due, one in zip(dues, offs, strict=True)]
    return Terms(
        kind=Kind.STAY,
        currency=price.currency,
        effective_at=at,
        # How many renewals it reaches hangs on the very second at which it begins.
        inputs=_inputs(membership, at) | {"promo": promo.public_id, "reach": len(offs) - offs.count(NOTHING_OFF)},
        code=promo.code,
        next_charge_minor=ahead[0][1],
        next_charge_at=end,
        later=_steps(ahead),
    )


def resume_terms(*, membership: Membership, at: datetime) -> Terms:
    """Back before the pause is over: paid now, and from now on this day; or, before it began, nothing happens at all."""
    if not membership.is_going_on:
        raise NotGoingOn
    if membership.resumes_at is None:
        raise NotPaused
    price, amount = membership.price, membership.price.amount_minor
    off = off_in_force(membership, at)
    if membership.status != Status.PAUSED:
        _start, due = paid_time(membership, at)
        charge, gained = 0, []
    else:
        due, charge = add_months(at, price.months), amount - off.of(amount)
        gained = _opened(titles(membership.tier), at, due)
    ahead = _ahead(membership, price, amount, due)
    return Terms(
        kind=Kind.RESUME,
        currency=price.currency,
        effective_at=at,
        inputs=_inputs(membership, at),
        charge_now_minor=charge,
        next_charge_minor=ahead[0][1],
        next_charge_at=due,
        later=_steps(ahead),
        gained=gained,
    )


def cancel_terms(*, membership: Membership, at: datetime) -> Terms:
    """The end: with the paid time, or at once where nothing is paid for (an open payment, a pause, a season to come)."""
    if not membership.is_going_on:
        raise NotGoingOn
    waits = is_waiting(membership=membership, at=at)
    at_once = waits or membership.status in (Status.PAST_DUE, Status.PAUSED) or membership.period_end_at is None
    ends_at = at if at_once else max(at, membership.period_end_at or at)
    return Terms(
        kind=Kind.CANCEL,
        currency=membership.price.currency,
        effective_at=ends_at,
        inputs=_inputs(membership, at),
        lost=[] if waits else _closed(titles(membership.tier), ends_at),
    )


def wanted_price(tier: Tier, interval: str, at: datetime) -> TierPrice:
    """What the tier costs for that interval now. Raises TierIsNotOnSale."""
    price = current_price(tier=tier, at=at, interval=interval)
    if not tier.is_on_sale or price is None or not price.stripe_price_id:
        raise TierIsNotOnSale
    return price


def chosen_amount(price: TierPrice, amount_minor: int | None) -> int:
    """The price, or more if the fan says so. Raises AmountOutOfRange."""
    if amount_minor is None:
        return price.amount_minor
    most = max(MOST_MINOR, price.amount_minor)
    if not price.amount_minor <= amount_minor <= most:
        least, top = (format_money(amount, price.currency) for amount in (price.amount_minor, most))
        raise AmountOutOfRange(least=least, most=top)
    return amount_minor


def _require_changeable(membership: Membership) -> None:
    if not membership.is_going_on:
        raise NotGoingOn
    if membership.status == Status.PAST_DUE:
        raise PaymentIsOpen
    if membership.status == Status.PAUSED or membership.resumes_at is not None:
        raise IsPaused
    if membership.cancel_at_period_end:
        raise IsEnding


def _inputs(membership: Membership, at: datetime) -> Row:
    billed = debit(membership, at)
    change = membership.changes.pending().first()
    return {
        "status": membership.status,
        "subscription": membership.stripe_subscription_id,
        "held": membership.price.public_id,
        "period": membership.period_end_at.isoformat() if membership.period_end_at else "",
        "ending": membership.cancel_at_period_end,
        "resumes": membership.resumes_at.isoformat() if membership.resumes_at else "",
        "waiting": change.pk if change else None,
        "billed": f"{billed.amount_minor}:{billed.start_at.isoformat()}" if billed else "",
        "off": str(off_in_force(membership, at)),
    }


def _ahead(membership: Membership, price: TierPrice, amount: int, due: datetime) -> list[tuple[datetime, int]]:
    """The charges from `due` on, as far as a code may reach."""
    # The day of a plan that goes on may be later in the month than this one: 30 June, 31 July.
    goes_on = add_months(due, 0, anchor_day=membership.anchor_day) == due
    day = membership.anchor_day if goes_on else due.day
    dues = [add_months(due, number * price.months, anchor_day=day) for number in range(FAR)]
    offs = offs_in_force(membership, dues)
    return [(moment, amount - off.of(amount)) for moment, off in zip(dues, offs, strict=True)]


def _steps(ahead: list[tuple[datetime, int]]) -> list[Row]:
    """Where the charge changes after the next one."""
    found = []
    for (_before, last), (due, charge) in pairwise(ahead):
        if charge != last:
            found.append({"at": due.isoformat(), "amount_minor": charge})
    return found


def _opened(names: Iterable[str], since: datetime, until: datetime | None) -> list[Row]:
    return [{"title": name, "from": since.isoformat(), "until": until.isoformat() if until else None} for name in names]


def _closed(names: Iterable[str], since: datetime) -> list[Row]:
    return [{"title": name, "from": since.isoformat()} for name in names]
