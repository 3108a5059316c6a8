from django.urls import path

from portal.accounts.tiktok.stand_in import views

urlpatterns = [
    path("tiktok-stand-in/v2/auth/authorize/", views.tiktok_consent, name="tiktok_consent"),
    path("tiktok-stand-in/<path:path>", views.tiktok_stand_in, name="tiktok_stand_in"),
]
