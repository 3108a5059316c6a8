from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


class TikTokConfig(AppConfig):
    name = "portal.accounts.tiktok"
    label = "tiktok"
    verbose_name = "TikTok"

    def ready(self) -> None:
        from allauth.socialaccount import signals

        register(no_stand_in_in_production)
        # allauth's word for "an account was connected, or signed in again"; we send no signals of our own.
        signals.social_account_added.connect(_connected, dispatch_uid="tiktok_added")
        signals.social_account_updated.connect(_connected, dispatch_uid="tiktok_updated")


def _connected(sociallogin: Any, **_: Any) -> None:
    from portal.accounts.tiktok.actions import welcome_back

    if sociallogin.account.provider == "tiktok":
        welcome_back(account=sociallogin.account)


def no_stand_in_in_production(**_: Any) -> list[CheckMessage]:
    """The stand-in lets anybody be anybody."""
    if settings.PRODUCTION and settings.TIKTOK_STAND_IN:
        return [Error("TikTok's stand-in cannot serve in production.", hint="Set TIKTOK_CLIENT_KEY.", id="tiktok.E001")]
    return []
