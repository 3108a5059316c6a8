from django.urls import path

from portal.payouts import views

urlpatterns = [
    path("studio/earnings/", views.earnings, name="earnings"),
    path("studio/payouts/", views.payout_list, name="payout_list"),
    path("studio/payouts/<slug:public_id>/", views.payout_detail, name="payout_detail"),
    path("ops/payout-runs/", views.payout_run_list, name="payout_run_list"),
    path("ops/payout-runs/<int:run_id>/", views.payout_run, name="payout_run"),
]
