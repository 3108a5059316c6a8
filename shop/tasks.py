from typing import Any

from celery import shared_task
from django.utils import timezone

from shop.actions import links
from shop.actions.commissions import release_commissions as release


@shared_task(name="shop.release_commissions")
def release_commissions(**_: Any) -> int:
    """Every hour: commissions whose return window is over become available."""
    return release(now=timezone.now())


@shared_task(name="shop.drain_clicks")
def drain_clicks(**_: Any) -> int:
    """Every few seconds: clicks that the redirect put into the stream become rows."""
    return links.drain_clicks()
