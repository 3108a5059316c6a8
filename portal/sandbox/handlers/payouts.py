"""Payouts to the bank: made each midnight from what is available, arriving days later, or coming back."""

from portal.sandbox import faults, money, wire
from portal.sandbox.errors import invalid
from portal.sandbox.handlers import connect
from portal.sandbox.registry import Call, Obj, falls_due, handles, kind
from portal.sandbox.world import World

kind("payout", updates="metadata", event="payout")
ARRIVES_AFTER = 2 * money.DAY
# Stripe's test account numbers, and how a payout to them ends.
FAILING = {
    "000111111116": ("no_account", "The bank account details on file are probably incorrect."),
    "000111111113": ("account_closed", "The bank account has been closed."),
    "000222222227": ("insufficient_funds", "The account has insufficient funds."),
    "000333333335": ("debit_not_authorized", "Debit transactions are not approved on this account."),
    "000444444440": ("invalid_currency", "The bank account cannot take this currency."),
}
CLOSED = ("account_closed", "The bank account has been closed.")


@handles("POST", "/v1/payouts", "amount currency description metadata method statement_descriptor")
def create_payout(box: World, call: Call) -> Obj:
    given = call.params
    if given["amount"] < 1:
        raise invalid("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    currency = given["currency"].lower()
    if money.available(box, call.account, currency) < given["amount"]:
        raise faults.insufficient_funds()
    payout = new_payout(box, call.account, given["amount"], currency)
    wire.merge(payout, {k: v for k, v in given.items() if k not in ("amount", "currency")})
    box.emit("payout.created", payout, account=call.account)
    return payout


def new_payout(box: World, account: str, amount: int, currency: str, *, automatic: bool = False) -> Obj:
    bank = None
    if account:
        owner = box.get(account, "account")
        banks = owner["external_accounts"]["data"]
        if not banks:
            raise invalid("Sorry, you don't have any external accounts in that currency.", param="currency")
        bank = banks[0]["id"]
    payout = box.put(
        "payout",
        account=account,
        amount=amount,
        currency=currency,
        arrival_date=box.now() + ARRIVES_AFTER,
        automatic=automatic,
        destination=bank,
        method="standard",
        reconciliation_status="completed" if automatic else "not_applicable",
        source_type="card",
        status="in_transit" if automatic else "pending",
        type="bank_account",
    )
    txn = money.move(box, account, -amount, currency, "payout", payout["id"])
    payout["balance_transaction"] = txn["id"]
    box.store.execute("INSERT INTO payout_items (txn, payout) VALUES (?, ?)", (txn["id"], payout["id"]))
    box.schedule("payout_arrives", payout, payout["arrival_date"])
    return payout


@falls_due("pay_out")
def pay_out(box: World, ref: str) -> None:
    """The automatic payout of a connected account: all that is available, one payout a currency."""
    account = box.find(ref, "account")
    if not account:
        return
    timetable = account["settings"]["payouts"]["schedule"]
    if timetable["interval"] == "manual" or not account["payouts_enabled"]:
        return
    again = False
    for currency, (available, pending) in money.balances(box, ref).items():
        again = again or pending > 0
        if available > 0:
            payout = new_payout(box, ref, available, currency, automatic=True)
            box.store.execute(
                "INSERT OR IGNORE INTO payout_items (txn, payout)"
                " SELECT id, ? FROM objects WHERE kind = 'balance_transaction' AND account = ?"
                " AND json_extract(body, '$.currency') = ? AND json_extract(body, '$.type') <> 'payout'",
                (payout["id"], ref, currency),
            )
            box.emit("payout.created", payout, account=ref)
    if again:
        box.schedule("pay_out", {"id": ref}, money.next_payout_at(box, ref, box.now()))


@falls_due("payout_arrives")
def payout_arrives(box: World, ref: str) -> None:
    payout = box.find(ref, "payout")
    if not payout or payout["status"] not in ("pending", "in_transit"):
        return
    account = box.account_of(ref)
    number = box.noted(account, "bank") if account else None
    settle(box, payout, account, ok=number not in FAILING)


def settle(box: World, payout: Obj, account: str, *, ok: bool) -> Obj:
    """The bank has taken the money, or sends it back; a payout that was paid may still come back later."""
    if payout["status"] not in ("pending", "in_transit") and not (payout["status"] == "paid" and not ok):
        raise invalid(f"The payout is {payout['status']} already.")
    before = payout["status"]
    box.unschedule("payout_arrives", payout["id"])
    payout["status"] = "paid" if ok else "failed"
    if not ok:
        number = box.noted(account, "bank") if account else None
        code, message = FAILING.get(number or "", CLOSED)
        txn = money.move(box, account, payout["amount"], payout["currency"], "payout_failure", payout["id"])
        payout.update(failure_code=code, failure_message=message, failure_balance_transaction=txn["id"])
    box.emit(f"payout.{payout['status']}", payout, account=account, before={"status": before})
    if not ok and account:
        _bank_is_bad(box, box.get(account, "account"))
    return payout


def _bank_is_bad(box: World, account: Obj) -> None:
    """After a failed payout no further one is tried until the creator gives another bank account."""
    for bank in account["external_accounts"]["data"]:
        bank["status"] = "errored"
    account["payouts_enabled"] = False
    due = account["requirements"]["currently_due"]
    connect.require(account, due if "external_account" in due else [*due, "external_account"])
    connect.tell(box, account, "requirements")


@handles("POST", "/v1/payouts/{payout}/cancel")
def cancel_payout(box: World, call: Call) -> Obj:
    payout = box.get(call.ids[0], "payout", account=call.account)
    if payout["status"] != "pending" or payout["automatic"]:
        raise invalid("Payouts can be canceled only while they are pending.", code="payouts_not_allowed")
    box.unschedule("payout_arrives", payout["id"])
    txn = money.move(box, call.account, payout["amount"], payout["currency"], "payout_cancel", payout["id"])
    payout.update(status="canceled", failure_balance_transaction=txn["id"])
    box.emit("payout.canceled", payout, account=call.account)
    return payout
