"""Who would be paid what, and who would be left out and why: asked by the preview, the plan, the run and the creator."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Sum
from django.utils import translation
from django.utils.translation import gettext as _

from portal.accounts.models import Creator
from portal.kit.words import day_lazy, money_lazy
from portal.ledger import chart
from portal.ledger import queries as books
from portal.ledger.payable import PayableLine, lines_by_id, newest_line, payable_lines
from portal.payments.models import PayoutAccount
from portal.payouts.models import Hold, Payout, PayoutItem, PayoutRule, PayoutRun, PayoutSkip
from portal.payouts.postings import Outlook, outlook

Reason = PayoutSkip.Reason


@dataclass(frozen=True)
class Prospect:
    """One creator in one currency: what would be paid, or the reason why not."""

    creator: Creator
    currency: str
    look: Outlook
    lines: tuple[PayableLine, ...]
    destination: str
    reason: str | None = None
    sentence: str = ""
    waits_minor: int = 0

    @property
    def is_paid(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class Balances:
    """One creator's money in one currency, as the creator sees it."""

    currency: str
    pending: int
    available: int
    held: int
    owed: int
    transit: int

    @property
    def total(self) -> int:
        return self.pending + self.available + self.held - self.owed + self.transit


def rule_on(currency: str, day: date) -> PayoutRule | None:
    """The newest rule that is in force."""
    rules = PayoutRule.objects.filter(currency=currency, valid_from_date__lte=day)
    return rules.order_by("-valid_from_date").first()


def next_period(now: datetime) -> str:
    """The month's name; after its first run with a number: 2026-05, 2026-05-2, …"""
    month = f"{now:%Y-%m}"
    runs = PayoutRun.objects.filter(period__startswith=month).count()
    return f"{month}-{runs + 1}" if runs else month


def balances(creator: Creator) -> list[Balances]:
    """What the books hold for a creator, a row a currency."""
    held = books.balances(f"creator:{creator.public_id}:", f"transit:{creator.public_id}:")
    currencies = sorted({chart.currency_of(code) for code in held} | {creator.currency})
    who = creator.public_id
    return [
        Balances(
            currency=currency,
            pending=-held.get(chart.creator_pending(who, currency), 0),
            available=-held.get(chart.creator_available(who, currency), 0),
            held=-held.get(chart.creator_held(who, currency), 0),
            owed=held.get(chart.creator_owed(who, currency), 0),
            transit=-held.get(chart.transit(who, currency), 0),
        )
        for currency in currencies
    ]


def prospects(
    *, now: datetime, upto: int | None = None, creator: Creator | None = None, currency: str | None = None
) -> list[Prospect]:
    """Everybody with money in the books (or one creator): paid, or left out with a sentence. Changes nothing.

    Only lines up to `upto` count (default: all that are there now), and none that a payout has paid already.
    """
    prefix = f"creator:{creator.public_id}:" if creator else "creator:"
    held: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for code, amount in books.balances(prefix).items():
        _kind, who, bucket, code_currency = code.split(":")
        if amount:
            held[who, code_currency][bucket] = -amount
    keys = sorted(key for key in held if currency is None or key[1] == currency)
    lines = _lines_by_creator(newest_line() if upto is None else upto, creator, currency)
    judge = _Judge(keys, now)
    return [
        judge.judge(who, cur, held[who, cur], lines.get((who, cur), [])) for who, cur in keys if who in judge.people
    ]


def _lines_by_creator(
    upto: int, creator: Creator | None, currency: str | None
) -> Mapping[tuple[str, str], list[PayableLine]]:
    account = chart.creator_available(creator.public_id, currency) if creator and currency else None
    found: dict[tuple[str, str], list[PayableLine]] = defaultdict(list)
    for line in payable_lines(upto=upto, without=PayoutItem.objects.values("line_id"), account=account):
        found[line.creator, line.currency].append(line)
    return found


class _Judge:
    """Looks up once what the reasons need, for many creators."""

    def __init__(self, keys: Iterable[tuple[str, str]], now: datetime) -> None:
        ids = {who for who, _currency in keys}
        people = Creator.objects.select_related("user", "payout_account")
        people = people.filter(public_id__in=ids) if len(ids) <= 500 else people
        self.now = now
        self.people = {person.public_id: person for person in people}
        self.rules = {currency: rule_on(currency, now.date()) for currency in {currency for _who, currency in keys}}
        self.holds = {hold.creator_id: hold for hold in Hold.objects.live(now).order_by("-since")}

    def judge(self, who: str, currency: str, held: Mapping[str, int], lines: list[PayableLine]) -> Prospect:
        creator, rule = self.people[who], self.rules[currency]
        cap = rule.netting_cap_bp if rule else 0
        look = outlook([(line.fact, line.amount_minor) for line in lines], owed=-held.get("owed", 0), cap_bp=cap)
        account: PayoutAccount | None = getattr(creator, "payout_account", None)
        with translation.override(creator.user.language):
            refused = self._reason(creator, rule, look, account, currency)
        reason, sentence = refused or (None, "")
        waits = look.amount or sum(held.values())
        destination = account.stripe_id if account else ""
        return Prospect(creator, currency, look, tuple(lines), destination, reason, sentence, waits)

    def _reason(
        self,
        creator: Creator,
        rule: PayoutRule | None,
        look: Outlook,
        account: PayoutAccount | None,
        currency: str,
    ) -> tuple[str, str] | None:
        if rule is None:
            return Reason.NO_RULE, _("We do not pay out %(currency)s yet; your money is kept for you.") % {
                "currency": currency.upper()
            }
        if look.amount <= 0:
            return _nothing(look, currency)
        if hold := self.holds.get(creator.pk):
            return Reason.HELD, _("Payouts to you are held: %(reason)s") % {"reason": hold.reason}
        if account is None:
            return Reason.NO_ACCOUNT, _("You have not told us yet where to pay you.")
        if not account.is_ready:
            return Reason.ACCOUNT_NOT_READY, _(
                "Your payout account is %(state)s; the payment provider still needs something from you."
            ) % {"state": account.get_state_display()}
        if waits_until := _changed_wait(account, rule, self.now):
            return Reason.ACCOUNT_CHANGED, _(
                "Your payout details were changed. To protect you, payouts wait until %(day)s."
            ) % {"day": day_lazy(waits_until)}
        if look.amount < rule.minimum_minor:
            return Reason.BELOW_MINIMUM, _(
                "%(amount)s is less than the least amount of %(minimum)s; it is kept for a later payout."
            ) % {
                "amount": money_lazy(look.amount, currency),
                "minimum": money_lazy(rule.minimum_minor, currency),
            }
        return None


def _nothing(look: Outlook, currency: str) -> tuple[str, str]:
    debt = look.taken + look.owed
    if debt:
        return Reason.OWES, _(
            "Earlier refunds took %(amount)s more than you have earned since; new earnings settle it bit by bit."
        ) % {"amount": money_lazy(debt, currency)}
    return Reason.NOTHING_READY, _("Nothing is ready to be paid yet; what you earned is still maturing or held.")


def _changed_wait(account: PayoutAccount, rule: PayoutRule, now: datetime) -> datetime | None:
    """Until when payouts wait after a change of payout details; None when they do not."""
    if account.changed_at is None:
        return None
    until = account.changed_at + timedelta(days=rule.change_wait_days)
    return until if until > now else None


def totals(found: Iterable[Prospect]) -> dict[str, dict[str, int]]:
    """What a plan comes to: payouts, amounts and skips a currency. Kept with the run before anything is done."""
    sums: dict[str, dict[str, int]] = {}
    for prospect in found:
        row = sums.setdefault(prospect.currency, {"payouts": 0, "amount_minor": 0, "skips": 0, "waits_minor": 0})
        if prospect.is_paid:
            row["payouts"] += 1
            row["amount_minor"] += prospect.look.amount
        else:
            row["skips"] += 1
            row["waits_minor"] += prospect.waits_minor
    return sums


def items_of(payout: Payout) -> list[tuple[PayoutItem, PayableLine]]:
    """What a payout pays, line by line, each with what the books say of it."""
    items = list(payout.items.all())
    told = lines_by_id(item.line_id for item in items)
    return [(item, told[item.line_id]) for item in items]


@dataclass(frozen=True)
class Step:
    """A moment in the life of a payout."""

    at: datetime
    text: str
    entry_key: str = ""


def timeline(payout: Payout) -> list[Step]:
    """What happened to a payout so far, in order; each step that moved money names its entry."""
    steps = [Step(payout.reserved_at, _("Set aside for you"), payout.ledger_key("reserve"))]
    if payout.sent_at:
        steps.append(Step(payout.sent_at, _("Sent to your payout account"), payout.ledger_key("sent")))
    if payout.paid_at:
        steps.append(Step(payout.paid_at, _("Arrived at your bank")))
    if payout.ended_at and payout.state == Payout.State.RETURNED:
        steps.append(Step(payout.ended_at, _("Came back"), payout.ledger_key(f"returned:{payout.returned_minor}")))
    elif payout.ended_at:
        words: dict[str, str] = {
            Payout.State.FAILED: _("Refused by the payment provider"),
            Payout.State.CANCELED: _("Canceled"),
        }
        steps.append(Step(payout.ended_at, words[payout.state], payout.ledger_key(payout.state)))
    return sorted(steps, key=lambda step: step.at)


def progress(run: PayoutRun) -> dict[str, object]:
    """How far a run is: payouts and amounts by state, and by reason who was left out."""
    rows = run.payouts.values("state", "currency").annotate(payouts=Count("id"), amount_minor=Sum("amount_minor"))
    labels = dict(Payout.State.choices)
    reasons = dict(PayoutSkip.Reason.choices)
    skips = run.skips.values("reason").annotate(creators=Count("id")).order_by("reason")
    unsettled = run.payouts.unsettled().count()
    total = run.payouts.count()
    return {
        "rows": [{**row, "label": labels[row["state"]]} for row in rows.order_by("currency", "state")],
        "skips": [{**row, "label": reasons[row["reason"]]} for row in skips],
        "total": total,
        "settled": total - unsettled,
        "moves": not run.is_done and run.stage != PayoutRun.Stage.PLANNED,
    }
