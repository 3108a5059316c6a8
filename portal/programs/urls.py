from django.urls import URLPattern, URLResolver, path

from portal.programs import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("studio/programs/", views.program_overview, name="program_overview"),
    path("studio/programs/<slug:program>/", views.program_detail, name="program_detail"),
    path("studio/programs/<slug:program>/join/", views.program_join, name="program_join"),
    path("studio/programs/<slug:program>/leave/", views.program_leave, name="program_leave"),
    path("studio/programs/<slug:program>/application/", views.program_apply, name="program_apply"),
    path("studio/invitations/", views.invitation_list, name="invitation_list"),
    path("studio/invitations/<slug:token>/revocation/", views.invitation_revoke, name="invitation_revoke"),
    path("invitations/<slug:token>/", views.invitation, name="invitation"),
    path("rules/", views.program_rules, name="program_rules"),
    path("ops/waves/", views.wave_list, name="wave_list"),
    path("ops/waves/new/", views.wave_new, name="wave_new"),
    path("ops/policies/", views.policy_list, name="policy_list"),
    path("ops/policies/<int:policy_id>/preview/", views.policy_preview, name="policy_preview"),
    path("ops/policies/<int:policy_id>/publication/", views.policy_publish, name="policy_publish"),
]
