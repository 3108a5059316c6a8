from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SubscriptionsConfig(AppConfig):
    name = "subscriptions"
    verbose_name = _("Subscriptions")

    def ready(self) -> None:
        post_migrate.connect(_install_defaults, sender=self)
        # Its function registers itself on the page of the books.
        import_module("subscriptions.watch")


def _install_defaults(**_kwargs: Any) -> None:
    from subscriptions.models import FraudRule, RevenueShare

    RevenueShare.install_first()
    FraudRule.install_first()
