"""Fourteen bugs that creator platforms really had, each seeded once into the rules of `worlds.py`.

`test_seeded_bugs.py` lets generated worlds run with each of them and expects to be told. A money test that has never
caught a bug proves nothing. (The sources of the bugs are in docs/money.md.)
"""

from dataclasses import replace
from typing import Any

from portal.kit.money import share_bp
from portal.ledger import chart
from portal.ledger.tests.worlds import Charge, Rules
from portal.payouts.models import Payout
from shop.postings import Returned
from subscriptions.models import ChargeDispute
from subscriptions.postings import InvoiceFacts


def _creator_account(target: dict[str, int]) -> str | None:
    return next((code for code in target if code.startswith("creator:")), None)


class RefundCountedPerEvent(Rules):
    def refund(self, charge: Charge, number: str, amount: int, status: str) -> None:
        super().refund(charge, f"{number} {len(charge.refunds)}", amount, status)


class LastRefundEventWins(Rules):
    def refund(self, charge: Charge, number: str, amount: int, status: str) -> None:
        charge.refunds.clear()
        super().refund(charge, number, amount, status)


class FailedRefundNotReturned(Rules):
    def facts(self, charge: Charge, creator: str, currency: str) -> InvoiceFacts:
        taken = sum(refund.amount_minor for refund in charge.refunds.values())
        return replace(super().facts(charge, creator, currency), refunded=taken)


class AnyRefundWipesTheShare(Rules):
    def invoice_target(self, facts: InvoiceFacts) -> dict[str, int]:
        target = super().invoice_target(facts)
        account = _creator_account(target)
        if facts.refunded and account:
            fee = chart.platform_fee(facts.currency)
            target[fee] = target.get(fee, 0) + target.pop(account)
        return target


class LateOpenedReopensADispute(Rules):
    def dispute(self, charge: Charge, number: str, amount: int, fee: int, status: str) -> None:
        row = ChargeDispute(stripe_id=number, amount_minor=amount, fee_minor=fee, status=status, rank=0)
        charge.disputes[number] = row


class WonDisputeNotReturned(Rules):
    def facts(self, charge: Charge, creator: str, currency: str) -> InvoiceFacts:
        held = sum(row.amount_minor for row in charge.disputes.values() if row.status != "lost")
        return replace(super().facts(charge, creator, currency), disputed=held)


class DisputeFeeForgotten(Rules):
    def facts(self, charge: Charge, creator: str, currency: str) -> InvoiceFacts:
        return replace(super().facts(charge, creator, currency), dispute_fee=0)


class SameMoneyTakenTwice(Rules):
    """A refund and a lost dispute of one charge, both from the creator."""

    def invoice_target(self, facts: InvoiceFacts) -> dict[str, int]:
        target = super().invoice_target(facts)
        lost = target.pop(chart.bad_debt(facts.currency), 0)
        account = chart.BUCKETS[facts.bucket](facts.creator, facts.currency)
        return target | {account: target.get(account, 0) + lost}


class BothSidesRounded(Rules):
    def invoice_target(self, facts: InvoiceFacts) -> dict[str, int]:
        target = super().invoice_target(facts)
        account = _creator_account(target)
        if account:
            kept = max(0, facts.gross - facts.refunded - facts.lost)
            target[account] = -share_bp(kept, 10_000 - facts.platform_bp)
        return target


class CommissionTruncated(Rules):
    def order_target(self, **facts: Any) -> dict[str, int]:
        target = super().order_target(**facts)
        account = _creator_account(target)
        if account:
            fewer = -(facts["left_minor"] * facts["rate_bp"] // 10_000)
            budget = chart.brand_prepaid(facts["brand"], facts["currency"])
            target[budget] += target[account] - fewer
            target[account] = fewer
        return target


class PartialReturnIgnored(Rules):
    def returned_base(self, paid: int, quantity: int, returns: list[Returned]) -> int:
        whole = super().returned_base(paid, quantity, returns)
        return whole if whole == paid else 0


class TransferKeyPerAttempt(Rules):
    def transfer_key(self, payout: Payout, attempt: int) -> str:
        return f"{payout.idempotency_key}-{attempt}"


class SentPostedTwice(Rules):
    def sent_key(self, payout: Payout, report: int) -> str:
        return payout.ledger_key(f"sent:{report}")


class FailedPayoutNotReturned(Rules):
    def given_back(self, creator: str, currency: str, amount: int) -> dict[str, int]:
        return {}


BUGS: dict[str, type[Rules]] = {
    "refund counted per event": RefundCountedPerEvent,
    "last refund event wins": LastRefundEventWins,
    "failed refund not returned": FailedRefundNotReturned,
    "any refund wipes the share": AnyRefundWipesTheShare,
    "late 'opened' reopens a closed dispute": LateOpenedReopensADispute,
    "won dispute not returned": WonDisputeNotReturned,
    "dispute fee forgotten": DisputeFeeForgotten,
    "refund and lost dispute of the same money": SameMoneyTakenTwice,
    "both sides rounded": BothSidesRounded,
    "commission truncated": CommissionTruncated,
    "partial return ignored": PartialReturnIgnored,
    "transfer key per attempt": TransferKeyPerAttempt,
    "sent posted twice": SentPostedTwice,
    "failed payout not returned": FailedPayoutNotReturned,
}
