from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.module_loading import autodiscover_modules


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        from portal import checks  # noqa: F401  registers the system checks
        from portal.kit.languages.catalogs import compile_stale

        compile_stale()

        # Through Celery's own loader this would re-enter populate().
        autodiscover_modules("tasks", "stripe_handlers", "insights")


class PortalAdminConfig(AdminConfig):
    default_site = "portal.admin_site.PortalAdminSite"
