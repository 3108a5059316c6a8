"""The composition root: every app brings its own paths."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("portal.home.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("portal.accounts.urls")),
    path("", include("portal.programs.urls")),
    path("", include("portal.notices.urls")),
    path("", include("portal.ledger.urls")),
    path("", include("portal.payments.urls")),
    path("", include("portal.payouts.urls")),
    path("", include("portal.feedback.urls")),
    path("", include("portal.demo.urls")),
    path("sandbox/", include("portal.sandbox.urls")),
    path("", include("portal.api.urls")),
    path("", include("academy.urls")),
    path("", include("rewards.urls")),
    path("", include("shop.urls")),
    path("", include("subscriptions.urls")),
    path("admin/", admin.site.urls),
]
