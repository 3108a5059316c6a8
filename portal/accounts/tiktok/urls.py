"""Found by allauth through the provider; the names are the ones it asks for."""

from django.urls import path

from portal.accounts.tiktok.oauth import tiktok_callback, tiktok_login

urlpatterns = [
    path("tiktok/login/", tiktok_login, name="tiktok_login"),
    path("tiktok/login/callback/", tiktok_callback, name="tiktok_callback"),
]
