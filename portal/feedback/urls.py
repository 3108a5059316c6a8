from django.urls import path

from portal.feedback import views

urlpatterns = [
    path("feedback/", views.idea_list, name="idea_list"),
    path("feedback/new/", views.idea_new, name="idea_new"),
    path("feedback/<str:idea>/", views.idea_detail, name="idea_detail"),
    path("feedback/<str:idea>/vote/", views.idea_vote, name="idea_vote"),
    path("feedback/<str:idea>/answer/", views.idea_answer, name="idea_answer"),
]
