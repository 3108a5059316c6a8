"""The shelf: products put findings about a creator here; the first page and the academy read them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from portal.accounts.models import Creator
from portal.kit.registry import Registry


@dataclass(frozen=True)
class Finding:
    """One thing a product noticed in a creator's own numbers, and what would help.

    `weight` orders findings: how much it would change, in whatever the product counts, 0 to 100.
    `why_url` is the page where the number explains itself; `lesson` is the path of an academy page, '' for none.
    """

    name: str
    sentence: str | Promise
    advice: str | Promise
    why_url: str
    lesson: str = ""
    weight: int = 50


insight: Registry[Callable[[Creator, datetime], Finding | None]] = Registry("insight")


def findings(creator: Creator, at: datetime) -> list[Finding]:
    """What every product found for this creator, the weightiest first."""
    found = (function(creator, at) for function in insight.functions.values())
    return sorted((one for one in found if one), key=lambda one: (-one.weight, one.name))
