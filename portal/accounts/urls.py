from django.urls import URLPattern, URLResolver, path

from portal.accounts import views
from portal.accounts.tiktok.stand_in.urls import urlpatterns as stand_in
from portal.accounts.tiktok.views import tiktok_connection

urlpatterns: list[URLPattern | URLResolver] = [
    path("settings/", views.settings, name="settings"),
    path("settings/role/", views.switch_role, name="switch_role"),
    path("settings/language/", views.choose_language, name="choose_language"),
    path("settings/theme/", views.choose_theme, name="choose_theme"),
    path("settings/shortcuts/", views.choose_shortcuts, name="choose_shortcuts"),
    path("settings/confirm/", views.confirm_in_demo, name="confirm_in_demo"),
    path("studio/join/", views.become_creator, name="become_creator"),
    path("studio/profile/", views.creator_profile, name="creator_profile"),
    path("studio/tiktok/", tiktok_connection, name="tiktok_connection"),
    *stand_in,
]
