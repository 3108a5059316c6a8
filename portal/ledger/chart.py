"""The chart of accounts: every code in the books is made here. The meaning of each is told in docs/money.md.

Codes end with the currency. `creator`, `brand` are public ids. Debit +, credit −.
"""


def stripe(currency: str) -> str:
    """Asset: our balance at the payment provider, pending and available together."""
    return f"stripe:{currency}"


def bank(currency: str) -> str:
    """Asset: our own bank account (top-ups come from it, sweeps go to it)."""
    return f"bank:{currency}"


def disputed(currency: str) -> str:
    """Asset: taken by an open dispute."""
    return f"asset:disputed:{currency}"


def creator_pending(creator: str, currency: str) -> str:
    """Liability: earned, not yet matured."""
    return f"creator:{creator}:pending:{currency}"


def creator_available(creator: str, currency: str) -> str:
    """Liability: may be paid out. On the debit side the creator owes us."""
    return f"creator:{creator}:available:{currency}"


def creator_held(creator: str, currency: str) -> str:
    """Liability: kept back with a reason (an open dispute, an appeal, a review)."""
    return f"creator:{creator}:held:{currency}"


def creator_owed(creator: str, currency: str) -> str:
    """What a creator owes from earlier payouts (a refund after the money had left), carried to later ones."""
    return f"creator:{creator}:owed:{currency}"


BUCKETS = {"pending": creator_pending, "available": creator_available, "held": creator_held}


def transit(creator: str, currency: str) -> str:
    """Liability: reserved for a payout that is not yet confirmed."""
    return f"transit:{creator}:{currency}"


def brand_prepaid(brand: str, currency: str) -> str:
    """Liability: put in by a brand for commissions."""
    return f"brand:{brand}:prepaid:{currency}"


def tax_payable(currency: str) -> str:
    """Liability: sales tax collected and withholding."""
    return f"tax:payable:{currency}"


def platform_fee(currency: str) -> str:
    return f"income:platform_fee:{currency}"


def shop_fee(currency: str) -> str:
    return f"income:shop_fee:{currency}"


def payout_fee(currency: str) -> str:
    return f"income:payout_fee:{currency}"


def stripe_fee(currency: str) -> str:
    return f"expense:stripe_fee:{currency}"


def dispute_fee(currency: str) -> str:
    return f"expense:dispute_fee:{currency}"


def rewards_expense(currency: str) -> str:
    return f"expense:rewards:{currency}"


def bad_debt(currency: str) -> str:
    """Expense: money lost a second time (a refund and a lost dispute of the same charge), and debts written off."""
    return f"expense:bad_debt:{currency}"


def capital(currency: str) -> str:
    return f"equity:capital:{currency}"


def fx_clearing(currency: str) -> str:
    """Carries a conversion: the same deed in two currencies, each side balanced here."""
    return f"fx:clearing:{currency}"


KINDS = {
    "stripe": "asset",
    "bank": "asset",
    "asset": "asset",
    "creator": "liability",
    "transit": "liability",
    "brand": "liability",
    "tax": "liability",
    "income": "income",
    "expense": "expense",
    "equity": "equity",
    "fx": "equity",
}


def currency_of(code: str) -> str:
    return code.rpartition(":")[2]


def kind_of(code: str) -> str:
    """asset, liability, income, expense or equity. `LookupError` for a code that is not in the chart."""
    kind = KINDS.get(code.split(":", 1)[0])
    if kind is None:
        raise LookupError(f"{code!r} is not in the chart of accounts")
    return kind


def creator_of_account(code: str) -> str | None:
    """The public id of the creator whose money an account holds; None for accounts of others."""
    head, _, rest = code.partition(":")
    return rest.split(":", 1)[0] if head in ("creator", "transit") else None
