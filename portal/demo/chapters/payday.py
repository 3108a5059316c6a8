"""Creators say where to pay them, the platform pays what it owes itself, and a payout run pays everybody once."""

from portal.accounts.models import Creator
from portal.demo.clock import Clock
from portal.ledger import chart
from portal.ledger.actions import post
from portal.payments.actions import open_payout_account
from portal.payouts.actions import runs
from portal.payouts.models import PayoutRun
from portal.sandbox.engine import box

# The banks of the sandbox answer to these numbers as Stripe's test banks do.
GOOD_BANK, CLOSED_BANK = "000123456789", "000111111113"
CAPITAL = 2_000_000
TILL = {"usd": 400_000, "eur": 150_000, "gbp": 150_000}


def say_where(clock: Clock, creators: dict[str, Creator]) -> int:
    """Everybody but Noor goes through the hosted onboarding; Inès gives an account that has been closed."""
    done = 0
    for handle in ("mika", "tomas", "ines"):
        account = open_payout_account(creator=creators[handle], now=clock.now)
        bank = CLOSED_BANK if handle == "ines" else GOOD_BANK
        box().complete_onboarding(account.stripe_id, bank=bank)
        done += 1
    clock.bring_events()
    return done


def fill_till(clock: Clock) -> None:
    """The owners pay capital in; part of it goes to the provider, because rewards are paid by the platform."""
    for currency, amount in TILL.items():
        post(
            key=f"capital:opening:{currency}",
            kind="capital",
            lines={chart.bank(currency): CAPITAL, chart.capital(currency): -CAPITAL},
            at=clock.now,
            memo="Opening capital of the platform",
        )
        box().top_up(amount, currency)
    clock.bring_events()


def pay(clock: Clock) -> PayoutRun:
    """A payout run from its opening to its end, and the days until the banks have spoken."""
    run = runs.open_run(now=clock.now)
    runs.carry_on(run=run, now=clock.now)
    clock.bring_events()
    clock.pass_time(days=6)
    return runs.carry_on(run=run, now=clock.now)
