"""Quotes: written down and signed when they are shown, taken once, and held against what was really charged."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.kit.signing import derived_secret
from portal.kit.words import gettext_lazy as _
from portal.kit.words import money_lazy
from portal.notices.actions import tell
from subscriptions.models import GiftPool, Invoice, Membership, PromoCode, Quote, Tier
from subscriptions.queries import quotes as questions
from subscriptions.queries.gifts import gift_terms
from subscriptions.queries.passes import pass_terms, sells_passes
from subscriptions.queries.pools import pool_terms
from subscriptions.queries.quotes import Terms
from subscriptions.queries.seasons import NoPassForSeason, open_season, require_open, season_terms
from subscriptions.queries.staying import OfferIsOver, discount_terms, save_offer

# What to say of an input that has moved; {…} are filled from the new quote.
MOVED = {
    "price": _("The price was changed meanwhile."),
    "amount": _("The amount was changed meanwhile."),
    "discount": _("The code no longer takes off what it did."),
    "trial_days": _("The free days are not what they were."),
    "gift": _("What is left of your gift was changed meanwhile."),
    "status": _("Your membership stands otherwise than a moment ago."),
    "subscription": _("Your membership stands otherwise than a moment ago."),
    "held": _("Your plan was changed meanwhile."),
    "period": _("A new paid time has begun."),
    "ending": _("Whether your membership ends was changed meanwhile."),
    "resumes": _("Your pause was changed meanwhile."),
    "waiting": _("Another change was asked for meanwhile."),
    "billed": _("Another payment was made meanwhile."),
    "off": _("What your code takes off was changed meanwhile."),
    "season": _("The sign-ups in which this was offered are over, or others have begun."),
    "season_days": _("Another day has begun, so there is less to pay until the billing day."),
    "rules": _("The rules of the pool were changed meanwhile."),
    "back_by": _("When unclaimed seats go back was changed meanwhile."),
    "promo": _("The creator offers something else now."),
    "reach": _("The code counts for another number of renewals than a moment ago."),
    "kind": _("What was to happen at once can only happen at the end of the paid time, or the other way round."),
}
# A second look, or a second press, within this time is the same quote.
SAME = timedelta(minutes=1)
TOO_OLD = _("The offer was shown more than fifteen minutes ago; here it is again, as it stands now.")


class QuoteIsNotYours(Refusal):
    sentence = _("This offer was made to somebody else.")
    status = 403


class QuoteIsAltered(Refusal):
    sentence = _("This is not the offer that was shown. Please look at it again.")
    status = 422


class QuoteMoved(Refusal):
    """What the quote rested on is no longer so. `quote` is the new one, `quote.moved` says what has changed."""

    sentence = _("Something has changed since this was shown. Nothing was charged; here is the offer as it stands now.")

    def __init__(self, *, quote: Quote) -> None:
        super().__init__()
        self.quote = quote


def quote_join(
    *, fan: User, tier: Tier, now: datetime, interval: str = "", amount_minor: int | None = None, code: str = ""
) -> Quote:
    """What joining costs this person. `amount_minor`: what they choose to pay each time, at least the price.

    Raises what `join_terms` raises. Safe to repeat: within a minute an equal quote is the one returned.
    """
    terms = _way_in(fan=fan, tier=tier, interval=interval, amount_minor=amount_minor, code=code, at=now)
    return _written(terms, fan=fan, tier=tier, membership=None, now=now)


def _way_in(*, fan: User, tier: Tier, interval: str, amount_minor: int | None, code: str, at: datetime) -> Terms:
    """A membership, in a season where one is open; or, where a card may not be charged again by itself, a pass."""
    if sells_passes(fan=fan, at=at):
        if tier.seasons_only:
            raise NoPassForSeason
        return pass_terms(fan=fan, tier=tier, amount_minor=amount_minor, code=code, at=at)
    if (season := open_season(tier=tier, at=at)) is not None:
        return season_terms(fan=fan, season=season, interval=interval, amount_minor=amount_minor, code=code, at=at)
    require_open(tier=tier, at=at)
    return questions.join_terms(fan=fan, tier=tier, interval=interval, amount_minor=amount_minor, code=code, at=at)


def quote_change(
    *, membership: Membership, tier: Tier, now: datetime, interval: str = "", amount_minor: int | None = None
) -> Quote:
    """What another plan costs and when it begins. Safe to repeat, like `quote_join`."""
    terms = questions.change_terms(
        membership=membership, tier=tier, interval=interval, amount_minor=amount_minor, at=now
    )
    return _written(terms, fan=membership.fan, tier=tier, membership=membership, now=now)


def quote_pause(*, membership: Membership, months: int, now: datetime) -> Quote:
    """What a break of 1, 2 or 3 months means. Safe to repeat, like `quote_join`."""
    terms = questions.pause_terms(membership=membership, months=months, at=now)
    return _written(terms, fan=membership.fan, tier=membership.tier, membership=membership, now=now)


def quote_resume(*, membership: Membership, now: datetime) -> Quote:
    """What coming back before the end of a pause costs. Safe to repeat, like `quote_join`."""
    terms = questions.resume_terms(membership=membership, at=now)
    return _written(terms, fan=membership.fan, tier=membership.tier, membership=membership, now=now)


def quote_cancel(*, membership: Membership, now: datetime) -> Quote:
    """What leaving means. Safe to repeat, like `quote_join`."""
    terms = questions.cancel_terms(membership=membership, at=now)
    return _written(terms, fan=membership.fan, tier=membership.tier, membership=membership, now=now)


def quote_stay(*, membership: Membership, promo: PromoCode, now: datetime) -> Quote:
    """What staying for less costs. Safe to repeat, like `quote_join`."""
    terms = discount_terms(membership, promo, now)
    return _written(terms, fan=membership.fan, tier=membership.tier, membership=membership, now=now)


def quote_gift(*, fan: User, tier: Tier, months: int, now: datetime) -> Quote:
    """What giving so many months of a tier costs. Safe to repeat, like `quote_join`."""
    terms = gift_terms(fan=fan, tier=tier, months=months, at=now)
    return _written(terms, fan=fan, tier=tier, membership=None, now=now)


def quote_seats(*, fan: User, pool: GiftPool, seats: int, now: datetime) -> Quote:
    """What paying for so many seats of a gift pool costs. Safe to repeat, like `quote_join`."""
    terms = pool_terms(fan=fan, pool=pool, seats=seats, at=now)
    return _written(terms, fan=fan, tier=pool.tier, membership=None, now=now)


def take_quote(*, quote: Quote, signature: str, by: User, now: datetime, do: Callable[[Quote], object]) -> Quote:
    """Agree to a quote; `do(quote)` reserves what follows, in the same transaction. Only its asker may, and only once.

    Raises QuoteMoved with a new quote when it is too old or an input has moved; then nothing has happened. Safe to
    repeat: one that was taken is returned as it is, and `do` is not called again.
    """
    with transaction.atomic():
        row = Quote.objects.select_for_update().get(pk=quote.pk)
        _require_genuine(row, signature, by)
        if row.accepted_at is not None:
            return row
        if row.membership_id is not None:
            row.membership = Membership.objects.select_for_update().get(pk=row.membership_id)
        terms, moved = _as_it_stands(row, now)
        if not moved:
            row.accepted_at = now
            row.save(update_fields=["accepted_at"])
            do(row)
            return row
    raise QuoteMoved(quote=_replace(row, terms, moved, now))


def replace_quote(*, quote: Quote, moved: list[str], now: datetime) -> Quote:
    """A new quote in the place of one that cannot be honored, saying why. Each call is a new quote."""
    terms, _moved = _as_it_stands(quote, now)
    return _replace(quote, terms, moved, now)


@transaction.atomic
def record_charge(*, quote: Quote, invoice: Invoice | None, charged_minor: int, now: datetime) -> Quote:
    """Keep what was really charged beside what was shown; where they differ, staff are told. Safe to repeat."""
    row = Quote.objects.select_for_update().get(pk=quote.pk)
    if row.charged_minor is not None:
        return row
    row.invoice, row.charged_minor = invoice, charged_minor
    row.save(update_fields=["invoice", "charged_minor"])
    if row.is_charged_otherwise:
        sound_alarm(quote=row, asked_minor=charged_minor, now=now)
    return row


def record_join_charge(*, checkout: str, invoice: Invoice, paid: int, now: datetime) -> None:
    """The first payment of an attempt to join, held against its quote. Safe to repeat."""
    quote = Quote.objects.filter(checkout__public_id=checkout, charged_minor__isnull=True).first()
    if quote is not None:
        record_charge(quote=quote, invoice=invoice, charged_minor=paid, now=now)


def sound_alarm(*, quote: Quote, asked_minor: int, now: datetime, shown_minor: int | None = None) -> None:
    """The provider asks another amount than was shown (for now, or `shown_minor`): all staff are told, once a quote."""
    shown = quote.charge_now_minor if shown_minor is None else shown_minor
    for person in User.objects.filter(is_staff=True, is_active=True):
        tell(
            to=person,
            kind="subscriptions.quote_mismatch",
            subject=_("%(fan)s was shown %(shown)s and the provider asks %(asked)s")
            % {
                "fan": quote.fan,
                "shown": money_lazy(shown, quote.currency),
                "asked": money_lazy(asked_minor, quote.currency),
            },
            body=_("Quote %(quote)s. Compare it with the provider's invoice; give back what was taken too much.")
            % {"quote": quote.public_id},
            url=reverse("admin:subscriptions_quote_change", args=[quote.pk]),
            now=now,
            key=f"quote-mismatch:{quote.public_id}:{person.pk}",
        )


def signature_of(quote: Quote, master: str | None = None) -> str:
    """Over everything that was shown. Whoever edits the row, or the page, has another one."""
    shown = [
        quote.public_id,
        quote.kind,
        quote.fan_id,
        quote.membership_id,
        quote.price_id,
        quote.amount_minor,
        quote.months,
        quote.charge_now_minor,
        quote.currency,
        quote.next_charge_minor,
        quote.next_charge_at.isoformat() if quote.next_charge_at else None,
        quote.effective_at.isoformat(),
        quote.expires_at.isoformat(),
        quote.fingerprint,
    ]
    return derived_secret("quote", json.dumps(shown), master)


def _require_genuine(quote: Quote, signature: str, by: User) -> None:
    if quote.fan_id != by.pk:
        raise QuoteIsNotYours
    masters = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not signature.isascii() or not any(
        hmac.compare_digest(signature_of(quote, master), signature) for master in masters
    ):
        raise QuoteIsAltered


def _as_it_stands(quote: Quote, now: datetime) -> tuple[Terms, list[str]]:
    """The same wish on today's facts, and what moved since. The refusal of a code takes the code out of the wish."""
    moved: list[str] = []
    try:
        terms = _again(quote, now, code=quote.code)
    except Refusal as refusal:
        if refusal.field != "code" or not quote.code:
            raise
        terms, moved = _again(quote, now, code=""), [str(refusal)]
    known, found = {"kind": quote.kind} | quote.inputs, {"kind": terms.kind} | terms.inputs
    for name in found | known:
        if known.get(name) != found.get(name) and not (moved and name == "discount"):
            moved.append(str(MOVED[name]))
    if not moved and now >= quote.expires_at:
        moved.append(str(TOO_OLD))
    return terms, list(dict.fromkeys(moved))


def _again(quote: Quote, now: datetime, *, code: str) -> Terms:
    kind, membership = Quote.Kind(quote.kind), quote.membership
    # A price that rose above what somebody chose to pay is the least they can pay now.
    if kind == Quote.Kind.GIFT:
        assert quote.price is not None
        return gift_terms(fan=quote.fan, tier=quote.price.tier, months=quote.months, at=now)
    if kind == Quote.Kind.POOL:
        pool = GiftPool.objects.select_related("creator", "tier__creator").get(public_id=quote.inputs["pool"])
        return pool_terms(fan=quote.fan, pool=pool, seats=quote.inputs["seats"], at=now)
    if quote.price is not None:
        tier, interval = quote.price.tier, quote.price.interval
        least = questions.wanted_price(tier, interval, now).amount_minor
        more = max(quote.amount_minor, least) if quote.amount_minor > quote.price.amount_minor else None
        if membership is None:
            return _way_in(fan=quote.fan, tier=tier, interval=interval, amount_minor=more, code=code, at=now)
        return questions.change_terms(membership=membership, tier=tier, interval=interval, amount_minor=more, at=now)
    assert membership is not None
    if kind == Quote.Kind.PAUSE:
        return questions.pause_terms(membership=membership, months=quote.months, at=now)
    if kind == Quote.Kind.STAY:
        promo = PromoCode.objects.get(public_id=quote.inputs["promo"])
        offer = save_offer(membership=membership, at=now)
        if offer is None or offer.promo != promo:
            raise OfferIsOver
        return discount_terms(membership, promo, now)
    if kind == Quote.Kind.RESUME:
        return questions.resume_terms(membership=membership, at=now)
    return questions.cancel_terms(membership=membership, at=now)


def _replace(old: Quote, terms: Terms, moved: list[str], now: datetime) -> Quote:
    tier = old.price.tier if old.price else old.membership.tier if old.membership else None
    assert tier is not None
    return _written(terms, fan=old.fan, tier=tier, membership=old.membership, now=now, replaces=old, moved=moved)


@transaction.atomic
def _written(
    terms: Terms,
    *,
    fan: User,
    tier: Tier,
    membership: Membership | None,
    now: datetime,
    replaces: Quote | None = None,
    moved: list[str] | None = None,
) -> Quote:
    # Whole seconds, because the provider counts in them.
    now = now.replace(microsecond=0)
    fingerprint = _fingerprint(terms)
    if replaces is None and (same := _same(fan, tier, fingerprint, now)):
        return same
    expires_at = now + Quote.LASTS
    if membership is not None and membership.period_end_at is not None and membership.period_end_at > now:
        # What is left of a paid time cannot be sold when that is over.
        expires_at = min(expires_at, membership.period_end_at)
    quote = Quote(
        kind=terms.kind,
        fan=fan,
        creator=tier.creator,
        membership=membership,
        price=terms.price,
        amount_minor=terms.amount_minor,
        months=terms.months,
        code=terms.code,
        inputs=terms.inputs,
        fingerprint=fingerprint,
        charge_now_minor=terms.charge_now_minor,
        currency=terms.currency,
        next_charge_minor=terms.next_charge_minor,
        next_charge_at=terms.next_charge_at,
        later=terms.later,
        effective_at=terms.effective_at.replace(microsecond=0),
        gained=terms.gained,
        lost=terms.lost,
        quoted_at=now,
        expires_at=expires_at,
        replaces=replaces,
        moved=moved or [],
    )
    quote.signature = signature_of(quote)
    quote.save()
    return quote


def _fingerprint(terms: Terms) -> str:
    wish = [terms.kind, terms.price.pk if terms.price else None, terms.amount_minor, terms.months, terms.code]
    return hashlib.sha256(json.dumps([wish, terms.inputs], sort_keys=True).encode()).hexdigest()


def _same(fan: User, tier: Tier, fingerprint: str, now: datetime) -> Quote | None:
    """An open quote on the same facts, of a moment ago."""
    open_ones = Quote.objects.filter(fan=fan, creator=tier.creator, accepted_at__isnull=True, expires_at__gt=now)
    return open_ones.filter(fingerprint=fingerprint, quoted_at__range=(now - SAME, now)).first()
