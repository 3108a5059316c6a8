"""What people do to memberships, one function a deed: `deed(world, fan, number)`. `number` chooses among the ways to do it.

A deed that may not be done is refused, and then nothing may have been charged.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from portal.accounts.models import User
from portal.payments.gateway import client
from portal.sandbox.errors import ApiError
from subscriptions.actions import quotes as asking
from subscriptions.actions.changes import take_back_change
from subscriptions.actions.checkout import start_checkout
from subscriptions.actions.members import give_complimentary, take_back
from subscriptions.actions.memberships import undo_cancellation
from subscriptions.actions.price_changes import announce_price_change, withdraw_price_change
from subscriptions.actions.refunds import refund_invoice
from subscriptions.actions.retries import retry_payment
from subscriptions.actions.seasons import add_season
from subscriptions.actions.tiers import add_price, publish_tier, set_leaving
from subscriptions.models import Grant, Invoice, Membership, PriceChange, PromoCode, Quote, Season
from subscriptions.queries.seasons import season_of
from subscriptions.tests.changes.conftest import ACTS
from subscriptions.tests.lives.world import PROMOS, World
from subscriptions.tests.passing import FAILS_LATER

Deed = Callable[[World, User, int], Quote | None]
INTERVALS = ("month", "month", "year")


def pick(number: int, *choices: Any) -> Any:
    return choices[number % len(choices)]


def join(world: World, fan: User, number: int) -> Quote:
    """With or without a code, a trial, more than the price; the card may say no."""
    tier, interval = pick(number, *world.tiers), pick(number // 2, *INTERVALS)
    code = pick(number // 6, "", "", *PROMOS)
    more: dict[str, Any] = {"amount_minor": 11_000} if number % 13 == 12 else {}
    quote = asking.quote_join(fan=fan, tier=tier, interval=interval, code=code, now=world.now, **more)
    checkout = start_checkout(quote=quote, signature=quote.signature, by=fan, now=world.now)
    if (season := season_of(quote=quote)) is not None and season.starts_later:
        world.waiting.add(checkout.public_id)
    card = pick(number // 7, world.card(fan), world.card(fan), world.card(fan), "4000000000000002")
    world.box.complete_checkout(checkout.stripe_session_id, card=card)
    return quote


def change(world: World, fan: User, number: int) -> Quote:
    wish: dict[str, Any] = {"tier": pick(number, *world.tiers), "interval": pick(number // 2, *INTERVALS)}
    if number % 5 == 4:
        wish["amount_minor"] = 12_345
    return agree(world, asking.quote_change(membership=world.membership(fan), now=world.now, **wish))


def pause(world: World, fan: User, number: int) -> Quote:
    return agree(
        world, asking.quote_pause(membership=world.membership(fan), months=pick(number, 1, 2, 3), now=world.now)
    )


def resume(world: World, fan: User, _number: int) -> Quote:
    return agree(world, asking.quote_resume(membership=world.membership(fan), now=world.now))


def cancel(world: World, fan: User, _number: int) -> Quote:
    return agree(world, asking.quote_cancel(membership=world.membership(fan), now=world.now))


def agree(world: World, quote: Quote) -> Quote:
    ACTS[quote.kind](quote=quote, signature=quote.signature, by=quote.fan, now=world.now)  # type: ignore[operator]
    return quote


def stay_for_less(world: World, fan: User, number: int) -> Quote:
    """The creator offers a code to who is about to leave, and the fan takes it."""
    promo = PromoCode.objects.get(code=pick(number, "HALF2", "LESS100"))
    set_leaving(creator=world.mika, pauses=True, save_offer="discount", save_code=promo.code, save_again_months=3)
    return agree(world, asking.quote_stay(membership=world.membership(fan), promo=promo, now=world.now))


def stay(world: World, fan: User, _number: int) -> None:
    undo_cancellation(membership=world.membership(fan), by=fan, now=world.now)


def take_change_back(world: World, fan: User, _number: int) -> None:
    take_back_change(membership=world.membership(fan), by=fan, now=world.now)


def card_fails(world: World, fan: User, _number: int) -> None:
    world.box.replace_card(world.customer(fan), card=FAILS_LATER)


def card_works(world: World, fan: User, _number: int) -> None:
    world.box.replace_card(world.customer(fan), card=world.card(fan))


def retry(world: World, fan: User, _number: int) -> None:
    retry_payment(membership=world.membership(fan), by=fan, now=world.now)


def give(world: World, fan: User, number: int) -> None:
    """The creator opens a tier without payment, for a while or for good."""
    tier, days = pick(number, *world.tiers), pick(number // 2, 3, 40, None)
    until = world.now + timedelta(days=days) if days else None
    give_complimentary(
        creator=world.mika, fans=[fan], tier=tier, reason="A friend", until=until, now=world.now, key=str(world.steps)
    )
    world.gifts.append((fan, tier, world.now, until))


def take_gift_back(world: World, fan: User, _number: int) -> None:
    grant = Grant.objects.filter(fan=fan, kind=Grant.Kind.COMPLIMENTARY, revoked_at=None).order_by("pk").first()
    if grant is None:
        return
    take_back(creator=world.mika, grant=grant, reason="", now=world.now)
    place = next(n for n, gift in enumerate(world.gifts) if gift[0] == fan and gift[2] == grant.from_at)
    del world.gifts[place]


def refund(world: World, fan: User, number: int) -> None:
    """All or a part of one of the payments; now and then the bank sends it back."""
    rows = list(Invoice.objects.filter(membership__fan=fan, gross_minor__gt=0).order_by("issued_at", "pk"))
    if not rows:
        return
    invoice = pick(number, *rows)
    amount = pick(number // 3, None, 1, invoice.gross_minor // 3, invoice.gross_minor)
    made = refund_invoice(invoice=invoice, amount_minor=amount, by=world.mika.user, now=world.now)
    if number % 7 == 6:
        world.box.fail_refund(made.stripe_id)


def dispute(world: World, fan: User, number: int) -> None:
    """A cardholder's bank takes a payment, all of it though a part was given back, or what is left; or it warns only."""
    rows = [row for row in world.box.all("charge", customer=world.customer(fan)) if row["paid"]]
    if not rows:
        return
    charge = pick(number, *rows)
    if number % 4 == 3:
        world.box.warn_of_fraud(charge["id"])
    else:
        amount = charge["amount"] if number % 4 == 2 else None
        world.box.open_dispute(charge["id"], amount=amount)


def close_dispute(world: World, _fan: User, number: int) -> None:
    rows = [row for row in world.box.all("dispute") if row["status"] == "needs_response"]
    if rows:
        world.box.close_dispute(pick(number, *rows)["id"], won=number % 2 == 0)


def change_price(world: World, _fan: User, number: int) -> None:
    """Another price for a tier, at once for who joins, and from a day on for members; or the last one is withdrawn."""
    announced = PriceChange.objects.filter(withdrawn_at=None).order_by("-pk").first()
    if number % 5 == 4 and announced is not None:
        withdraw_price_change(change=announced, by=world.mika.user, now=world.now)
        return
    tier = pick(number, *world.tiers)
    interval, amount = pick(number // 2, "month", "year"), pick(number // 3, 400, 650, 900)
    price = add_price(
        tier=tier, amount_minor=amount * (10 if interval == "year" else 1), interval=interval, now=world.now
    )
    publish_tier(tier=tier, now=world.now)
    price.refresh_from_db()
    announce_price_change(
        price=price, effective_at=world.now + timedelta(days=8 + number % 20), by=world.mika.user, now=world.now
    )


def open_season(world: World, _fan: User, number: int) -> None:
    """Sign-ups of a tier are open for some days: the days until the billing day are paid at once, or all starts then."""
    closes = world.now + timedelta(days=1 + number % 6)
    add_season(
        tier=pick(number, *world.tiers),
        name=f"Season {world.steps}",
        opens_at=world.now,
        closes_at=closes,
        billing_date=(closes + timedelta(days=4 + number % 11)).date(),
        first_period=pick(number // 2, Season.FirstPeriod.PRORATED, Season.FirstPeriod.LATER),
        places=pick(number // 4, None, 1),
        now=world.now,
    )


def end_elsewhere(world: World, fan: User, number: int) -> None:
    """On the provider's own page: leave, or stay after all."""
    membership = Membership.objects.filter(fan=fan).first()
    if membership is not None and membership.is_going_on and membership.status != Membership.Status.PAUSED:
        client().v1.subscriptions.update(membership.stripe_subscription_id, {"cancel_at_period_end": number % 2 == 0})


DEEDS: tuple[Deed, ...] = (
    join,
    change,
    pause,
    resume,
    cancel,
    stay_for_less,
    stay,
    take_change_back,
    card_fails,
    card_works,
    retry,
    give,
    take_gift_back,
    refund,
    dispute,
    close_dispute,
    change_price,
    open_season,
    end_elsewhere,
)
# What a card, a bank or the provider's page says no with.
NOES = (ApiError, Membership.DoesNotExist)
