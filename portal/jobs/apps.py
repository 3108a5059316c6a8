from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "portal.jobs"
    verbose_name = _("Jobs")

    def ready(self) -> None:
        from portal.jobs import recording

        recording.listen()
