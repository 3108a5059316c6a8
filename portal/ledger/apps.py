from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class LedgerConfig(AppConfig):
    name = "portal.ledger"

    def ready(self) -> None:
        from portal.ledger import checks, guards  # noqa: F401  registers the start-up check

        pre_migrate.connect(guards.before_migrations, sender=self)
        post_migrate.connect(guards.after_migrations, sender=self)
