from django.urls import URLPattern, URLResolver, path

from portal.sandbox.views import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/<path:path>", api.sandbox_api, name="sandbox_api"),
]
