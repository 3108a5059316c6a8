"""Jobs around TikTok. Each finds its own work in the rows, so a lost wake-up costs one round."""

from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialToken
from celery import shared_task
from django.utils import timezone

from portal.accounts.tiktok import actions
from portal.accounts.tiktok.gateway import TikTokUnreachable
from portal.kit.jobs import enqueue


@shared_task(name="accounts.refresh_tiktok_tokens")
def refresh_tiktok_tokens(*, account_id: int | None = None, **_: Any) -> int:
    """Renew tokens shortly before they run out: one account, or a wake-up for each that is due; how many."""
    now = timezone.now()
    if account_id is not None:
        return int(actions.renew(account=SocialAccount.objects.get(pk=account_id), now=now) is not None)
    due = SocialToken.objects.filter(account__provider="tiktok", expires_at__lte=now + actions.MARGIN).exclude(
        account__tiktok_connection__lost_at__isnull=False
    )
    ids = list(due.values_list("account_id", flat=True))
    for due_id in ids:
        enqueue("accounts.refresh_tiktok_tokens", account_id=due_id)
    return len(ids)


@shared_task(
    name="accounts.measure_audiences",
    autoretry_for=(TikTokUnreachable,),
    retry_backoff=30,
    retry_backoff_max=600,
    max_retries=5,
)
def measure_audiences(*, user_id: int | None = None, **_: Any) -> int:
    """Count followers and views: of one person's accounts, or a wake-up for every connected creator; how many."""
    accounts = SocialAccount.objects.filter(provider="tiktok", user__creator__isnull=False).exclude(
        tiktok_connection__lost_at__isnull=False
    )
    if user_id is not None:
        own = accounts.filter(user=user_id)
        return sum(actions.measure(account=account, now=timezone.now()) is not None for account in own)
    ids = list(accounts.values_list("user_id", flat=True).distinct())
    for due_id in ids:
        enqueue("accounts.measure_audiences", user_id=due_id)
    return len(ids)
