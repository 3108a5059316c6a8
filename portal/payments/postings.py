"""What the provider's account object means for us. Pure: dictionaries in, a standing out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.ledger import chart


def topup_target(topup: Mapping[str, Any]) -> dict[str, int]:
    """Our own money on its way into the provider's balance: from our bank, once it has arrived and while it stays."""
    arrived = topup["amount"] if topup["status"] == "succeeded" else 0
    currency = topup["currency"]
    return {chart.stripe(currency): arrived, chart.bank(currency): -arrived}


@dataclass(frozen=True)
class AccountStanding:
    """`state` as in PayoutAccount.State; `requirements` what the provider still asks for, in its words."""

    state: str
    requirements: list[str]
    country: str
    currency: str


def account_standing(account: Mapping[str, Any], *, was_ready: bool) -> AccountStanding:
    """Read a v2 account: ready once it may receive transfers; not ready is `onboarding` before that, `restricted` after."""
    status = _at(account, "configuration", "recipient", "capabilities", "stripe_balance", "stripe_transfers", "status")
    entries = _at(account, "requirements", "entries") or []
    asked = [entry["description"] for entry in entries if entry.get("awaiting_action_from") == "user"]
    if status == "active" and not account.get("closed"):
        state = "ready"
    elif was_ready or status in ("rejected", "unsupported") or account.get("closed"):
        state = "restricted"
    else:
        state = "onboarding"
    return AccountStanding(
        state=state,
        requirements=asked,
        country=(_at(account, "identity", "country") or "").upper(),
        currency=(_at(account, "defaults", "currency") or "").lower(),
    )


def _at(tree: Any, *path: str) -> Any:
    for step in path:
        tree = (tree or {}).get(step)
    return tree
