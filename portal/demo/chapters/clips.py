"""Watched clips become rewards. The views are real ones: an excerpt of KuaiRand, set into the month of the story."""

from datetime import date

from portal.accounts.models import Creator
from portal.demo.clock import Clock
from rewards import actions
from rewards.importers.kuairand import import_file
from rewards.models import MonthStatement

# One viewer of the excerpt stands for this many, so that it reaches the numbers of a month; the sign-in page says so.
AUDIENCE = 90
# Dealt out in turn: Mika, Tomás, Inès.
TITLES = (
    "Rice in eleven minutes",
    "The lost rook of Greenwich",
    "Beans on a balcony, week 6",
    "One pan, no oven",
    "A knight nobody saw",
    "The tomato that would not",
    "Salt, twice",
    "Mate in nine",
    "Compost in a bucket",
    "Butter, then not butter",
    "He played it blind",
    "Basil, twice cut",
    "What the butcher told me",
    "Three pawns, no plan",
    "Four square meters",
    "Onions without tears",
    "The clock won",
    "Mint takes over",
    "Eggs, the slow way",
    "Rain on the board",
    "Snails, a truce",
    "A sauce from nothing",
    "A draw worth more",
    "Radishes in a drawer",
    "Bread on a Tuesday",
    "The boy with the bishop",
    "Rain water, counted",
    "Noodles for one",
    "Castling too late",
    "The pot that cracked",
    "The good knife",
    "Ten minutes, one mistake",
    "Strawberries, too early",
    "Soup from the freezer",
    "The queen I gave away",
    "Shade is not the end",
    "Beans, not from a tin",
    "Played on a bench",
    "Seeds from last year",
    "Burnt on purpose",
    "What I should have seen",
    "Winter, covered",
)


def watch(clock: Clock, creators: dict[str, Creator], month: date) -> int:
    """A month's views come in as one batch; how many."""
    imported = import_file(
        creators=[creators["mika"], creators["tomas"], creators["ines"]],
        now=clock.now,
        shift_to_month=month,
        audience_factor=AUDIENCE,
        countries=("US", "US", "GB", "DE", "FR", "BR"),
        titles=TITLES,
    )
    return imported.accepted.batch.views


def rate(clock: Clock, until: date) -> int:
    """What the nightly job does; how many views were rated."""
    return sum(day.views for day in actions.rate_stale(until=until, now=clock.now))


def close(clock: Clock, month: date) -> list[MonthStatement]:
    """The 1st: statements are frozen and the money is posted as pending."""
    return actions.close_month(month=month, now=clock.now)


def finalize(clock: Clock, month: date) -> list[MonthStatement]:
    """The final day: what no appeal holds back becomes available."""
    return actions.finalize_month(month=month, now=clock.now)
