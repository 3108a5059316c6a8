from django.urls import path

from portal.home import views

urlpatterns = [
    path("", views.home, name="home"),
    path("css/portal.<str:digest>.css", views.stylesheet, name="stylesheet"),
    path("search/", views.search, name="search"),
    path("keyboard/", views.keyboard, name="keyboard"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("styleguide/try/", views.styleguide_try, name="styleguide_try"),
    path("styleguide/consequence/", views.styleguide_consequence, name="styleguide_consequence"),
    path("styleguide/work/", views.styleguide_work, name="styleguide_work"),
]
