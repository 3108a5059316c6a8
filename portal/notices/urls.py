from django.urls import URLPattern, URLResolver, path

from portal.notices import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("notices/", views.notice_list, name="notice_list"),
    path("notices/read/", views.notice_read_all, name="notice_read_all"),
    path("notices/settings/", views.notice_settings, name="notice_settings"),
    path("notices/<int:notice_id>/read/", views.notice_read, name="notice_read"),
    path("outbox/", views.outbox, name="outbox"),
    path("outbox/<int:email_id>/", views.outbox_email, name="outbox_email"),
    path("outbox/<int:email_id>/letter/", views.outbox_letter, name="outbox_letter"),
]
