"""Mounted only where the sandbox stands in for the provider: beside real keys these pages do not exist."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, path

from portal.sandbox.views import api, checkout, confirmation, connect, console, invoice, portal

PAGES: list[URLPattern | URLResolver] = [
    path("api/<path:path>", api.sandbox_api, name="sandbox_api"),
    path("checkout/<str:session_id>/", checkout.hosted_checkout, name="hosted_checkout"),
    path("3d-secure/<str:token>/", confirmation.hosted_confirmation, name="hosted_confirmation"),
    path("invoice/<str:invoice_id>/", invoice.hosted_invoice, name="hosted_invoice"),
    path("portal/<str:token>/", portal.hosted_portal, name="hosted_portal"),
    path("onboarding/<str:token>/", connect.hosted_onboarding, name="hosted_onboarding"),
    path("express/<str:token>/", connect.hosted_express, name="hosted_express"),
    path("console/", console.console, name="console"),
    path("console/objects/<str:ref>/", console.console_object, name="console_object"),
    path("console/deeds/<slug:deed>/", console.console_deed, name="console_deed"),
]

urlpatterns: list[URLPattern | URLResolver] = PAGES if settings.SANDBOX and not settings.PRODUCTION else []
