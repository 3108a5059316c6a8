from django.urls import path

from academy import views

urlpatterns = [
    path("academy/", views.course_list, name="course_list"),
    path("academy/<slug:course>/", views.course_detail, name="course_detail"),
    path("academy/<slug:course>/<slug:module>/<slug:lesson>/", views.lesson_detail, name="lesson_detail"),
    path(
        "academy/<slug:course>/<slug:module>/<slug:lesson>/completion/",
        views.lesson_completion,
        name="lesson_completion",
    ),
]
