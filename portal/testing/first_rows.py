"""What migrations put into a fresh database comes back after a test that empties it.

A test with `transaction=True` ends by emptying all tables, also of the rules that every later test counts on.
"""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db.models.signals import post_migrate
from django.utils import timezone

from portal.payouts import defaults as payouts
from portal.payouts.models import PayoutRule
from portal.programs import defaults as programs
from portal.programs.models import Policy
from rewards import defaults as rewards
from rewards.models import RateCard, ViewSource
from shop import defaults as shop
from shop.models import ShopTerms

INSTALL: dict[str, tuple[type[Any], Callable[[], None]]] = {
    "programs": (Policy, lambda: programs.install(timezone.now())),
    "payouts": (PayoutRule, payouts.install),
    "rewards": (RateCard, lambda: rewards.install(RateCard, ViewSource)),
    "shop": (ShopTerms, lambda: shop.install(ShopTerms)),
}


def put_back(sender: Any, using: str, **kwargs: Any) -> None:
    """Django's flush ends with the same signal as a migration."""
    model, install = INSTALL[sender.label]
    if not model.objects.using(using).exists():
        install()


for label in INSTALL:
    post_migrate.connect(put_back, sender=apps.get_app_config(label), dispatch_uid=f"first rows of {label}")
