from django.urls import path

from portal.payments import views

urlpatterns = [
    path("stripe/events/", views.stripe_event, name="stripe_event"),
    path("stripe/thin-events/", views.stripe_thin_event, name="stripe_thin_event"),
    path("studio/payouts/account/", views.payout_account, name="payout_account"),
    path("studio/payouts/account/return/", views.payout_account_return, name="payout_account_return"),
    path("studio/payouts/account/refresh/", views.payout_account_refresh, name="payout_account_refresh"),
]
