from django.urls import path

from portal.home import views

urlpatterns = [
    path("", views.home, name="home"),
    path("css/portal.<str:digest>.css", views.stylesheet, name="stylesheet"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
