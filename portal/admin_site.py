"""The back office: Django's admin with our name, its apps in the order of the work."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# (title, the app labels below it); what is not named stands at the end.
GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("Money"), ("payouts", "payments", "ledger", "jobs")),
    (_("Products"), ("subscriptions", "rewards", "shop", "academy")),
    (_("People"), ("accounts", "tiktok", "programs", "notices", "feedback")),
    (_("Sign-in"), ("account", "socialaccount", "mfa", "usersessions", "auth")),
)


class PortalAdminSite(AdminSite):
    site_header = _("Glasshouse back office")
    site_title = _("Back office")
    index_title = _("What staff can do")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Every app of the site, grouped; each app's name is led by its group's."""
        apps = {app["app_label"]: app for app in super().get_app_list(request, app_label)}
        ordered = []
        for title, labels in GROUPS:
            for label in labels:
                if label in apps:
                    app = apps.pop(label)
                    ordered.append({**app, "name": f"{title} · {app['name']}"})
        return [*ordered, *apps.values()]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """What waits for somebody, the newest payout runs, the books and the jobs, before the list of tables."""
        # Imported late: the site is made before the apps are ready.
        from portal.home.queries import back_office

        return super().index(request, {**back_office(timezone.now()), **(extra_context or {})})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Through the portal's own sign-in: rate limits and second factors do not cover the admin's own form."""
        return secure_admin_login(super().login)(request, extra_context)
