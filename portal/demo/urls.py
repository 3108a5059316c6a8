from django.urls import path

from portal.demo import views

urlpatterns = [
    path("demo/", views.demo, name="demo"),
    path("demo/sign-in/<slug:role>/", views.demo_sign_in, name="demo_sign_in"),
]
