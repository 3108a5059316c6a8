from django.urls import path

from portal.api.doors import api

urlpatterns = [
    path("api/v1/", api.urls),
]
