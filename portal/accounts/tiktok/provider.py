"""TikTok for allauth, with follower counts and the video list among its scopes."""

from allauth.socialaccount.providers.tiktok.provider import TikTokProvider as Original

from portal.accounts.tiktok.gateway import SCOPES
from portal.accounts.tiktok.oauth import TikTokAdapter


class TikTokProvider(Original):
    package = "portal.accounts.tiktok"
    oauth2_adapter_class = TikTokAdapter

    def get_default_scope(self) -> list[str]:
        return list(SCOPES)


provider_classes = [TikTokProvider]
