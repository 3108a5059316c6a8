"""The OAuth dance with TikTok. Without keys the consent page is the stand-in's."""

from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.tiktok.views import TikTokOAuth2Adapter
from django.conf import settings
from django.urls import reverse

from portal.accounts.tiktok.gateway import PERSON_URL, TOKEN_URL, person_fields


class TikTokAdapter(TikTokOAuth2Adapter):
    access_token_url = TOKEN_URL
    profile_url = PERSON_URL

    @property
    def authorize_url(self) -> str:
        if settings.TIKTOK_STAND_IN:
            return reverse("tiktok_consent")
        return "https://www.tiktok.com/v2/auth/authorize/"

    def get_query_fields(self) -> str:
        return person_fields()


tiktok_login = OAuth2LoginView.adapter_view(TikTokAdapter)
tiktok_callback = OAuth2CallbackView.adapter_view(TikTokAdapter)
