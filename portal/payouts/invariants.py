"""What must hold between payouts, the books and the provider."""

from collections import Counter
from datetime import timedelta

from django.db.models import F, Max, Sum
from django.db.models.functions import Now

from portal.ledger import chart
from portal.ledger.invariants import proves
from portal.ledger.payable import lines_by_id, movements, newest_line, taken_entries
from portal.ledger.queries import balances
from portal.payments import gateway
from portal.payments.models import StripeEvent
from portal.payouts.models import Payout, PayoutItem, PayoutRun, Statement


@proves("I4")
def payouts_are_the_sum_of_their_items() -> list[str]:
    summed = Payout.objects.annotate(total=Sum("items__amount_minor") + F("carried_minor"))
    wrong = summed.exclude(total=F("amount_minor"))
    found = [f"payout {row.public_id}: {row.amount_minor}, its items and netting make {row.total}" for row in wrong]
    items = dict(PayoutItem.objects.values_list("line_id", "amount_minor"))
    lines = lines_by_id(items)
    return found + [
        f"line {id}: {amount} in its payout, {lines[id].amount_minor if id in lines else 'nothing'} in the books"
        for id, amount in items.items()
        if id not in lines or lines[id].amount_minor != amount
    ]


@proves("I5")
def every_payout_took_its_own_money_once() -> list[str]:
    """What left the available account is what the payout says; and no entry takes money for a payout we do not know."""
    taken = taken_entries()
    known = {payout.ledger_key("reserve"): payout for payout in Payout.objects.select_related("creator").iterator()}
    found = [f"{key}: takes money for no payout" for key in taken.keys() - known.keys()]
    for key, payout in known.items():
        account = chart.transit(payout.creator.public_id, payout.currency)
        if taken.get(key, {}).get(account) != -payout.amount_minor:
            found.append(f"{key}: {taken.get(key)} in the books, the payout is {payout.amount_minor}")
    return found


@proves("I8")
def transit_equals_payouts_on_their_way() -> list[str]:
    held = {code: -amount for code, amount in balances("transit:").items() if amount}
    waiting: Counter[str] = Counter()
    for who, currency, amount in Payout.objects.unsettled().values_list(
        "creator__public_id", "currency", "amount_minor"
    ):
        waiting[chart.transit(who, currency)] += amount
    return [
        f"{code}: {held.get(code, 0)} in the books, {waiting.get(code, 0)} in payouts on their way"
        for code in sorted({*held, *waiting})
        if held.get(code, 0) != waiting.get(code, 0)
    ]


@proves("I6")
def what_was_earned_is_owed_or_paid() -> list[str]:
    """For every creator and currency: all they earned, less what our payouts say has left, is what the books still owe."""
    ever = movements(since=0, upto=newest_line())
    gone: Counter[tuple[str, str]] = Counter()
    sent = Payout.objects.exclude(stripe_transfer_id=None)
    for who, currency, amount, back in sent.values_list(
        "creator__public_id", "currency", "amount_minor", "returned_minor"
    ):
        gone[who, currency] += amount - back
    return [
        f"creator {who}: {ever.get((who, currency), (0, 0))[1]} {currency} left the books, {gone[who, currency]} was sent"
        for who, currency in sorted({*ever, *gone})
        if ever.get((who, currency), (0, 0))[1] != gone[who, currency]
    ]


@proves("I9")
def statements_follow_each_other_and_the_books() -> list[str]:
    found: list[str] = []
    closed: Counter[tuple[str, str]] = Counter()
    told = Statement.objects.select_related("creator", "run").order_by("upto_line")
    for one in told.iterator():
        key = one.creator.public_id, one.currency
        if one.opening_minor != closed[key]:
            found.append(f"statement {one}: opens with {one.opening_minor}, the one before closed with {closed[key]}")
        closed[key] = one.closing_minor
    upto = PayoutRun.objects.aggregate(newest=Max("statements_upto"))["newest"] or 0
    books = {key: earned - paid for key, (earned, paid) in movements(since=0, upto=upto).items()}
    return found + [
        f"creator {who}: statements close with {closed[who, cur]} {cur}, the books had {books.get((who, cur), 0)}"
        for who, cur in sorted({*books, *closed})
        if closed[who, cur] != books.get((who, cur), 0)
    ]


@proves("I7", outside=True)
def transfers_are_the_same_at_the_provider() -> list[str]:
    """Both ways: none is missing there, none is missing here, and the amounts are equal. This, not the zero sum of the
    books, is what shows that nobody was paid twice."""
    there = _transfers_there()
    here = {row.stripe_transfer_id: row for row in Payout.objects.exclude(stripe_transfer_id=None).iterator()}
    on_their_way = set(Payout.objects.unsettled().values_list("public_id", flat=True))
    found = [
        f"transfer {id} of payout {here[id].public_id} is not at the provider" for id in here.keys() - there.keys()
    ]
    for id, transfer in there.items():
        payout = here.get(id)
        if payout is None and transfer.metadata["payout"] not in on_their_way:
            found.append(f"transfer {id} of {transfer.amount} {transfer.currency} is not in our payouts")
        elif payout and _moved(transfer) != (payout.amount_minor, payout.currency, payout.returned_minor):
            found.append(f"transfer {id}: {_moved(transfer)} there, {payout.amount_minor} {payout.currency} here")
    seen = Counter(transfer.metadata["payout"] for transfer in there.values())
    return found + [f"payout {id} has {count} transfers" for id, count in seen.items() if count > 1]


@proves("I7", outside=True)
def balance_is_the_same_at_the_provider() -> list[str]:
    """Compared while no event waits: what waits in the inbox the provider counts already, and we not yet.

    An event that waits for over an hour is itself a finding, so nothing can hide behind it.
    """
    hour_ago = Now() - timedelta(hours=1)
    stuck = [f"{event} waits since {event.received_at}" for event in StripeEvent.objects.stuck(hour_ago)]
    if StripeEvent.objects.unhandled().exists():
        return stuck
    there = Counter(gateway.balance())
    # Sent, though we have not heard it yet: in transit here, gone there.
    on_their_way = set(Payout.objects.unsettled().values_list("public_id", flat=True))
    for transfer in _transfers_there().values() if on_their_way else ():
        if transfer.metadata["payout"] in on_their_way:
            there[transfer.currency] += transfer.amount
    here = {chart.currency_of(code): amount for code, amount in balances("stripe:").items()}
    return [
        f"{currency}: {here.get(currency, 0)} in the books, {there[currency]} at the provider"
        for currency in sorted({*here, *there})
        if here.get(currency, 0) != there[currency]
    ]


def _transfers_there() -> dict[str, gateway.Transfer]:
    return {transfer.id: transfer for transfer in gateway.transfers() if "payout" in transfer.metadata}


def _moved(transfer: gateway.Transfer) -> tuple[int, str, int]:
    return transfer.amount, transfer.currency, transfer.amount_reversed
