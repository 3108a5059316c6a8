from django.urls import path

from rewards import views

urlpatterns = [
    path("studio/rewards/", views.reward_overview, name="reward_overview"),
    path("studio/rewards/clips/<slug:clip>/", views.clip_detail, name="clip_detail"),
    path("studio/rewards/lines/<int:line>/appeal/", views.reward_appeal, name="reward_appeal"),
    path("studio/rewards/<slug:month>/", views.reward_statement, name="reward_statement"),
    path("rewards/rules/", views.reward_rules, name="reward_rules"),
]
