"""System checks: a portal that is only half set up for production refuses to start, with a sentence for each gap."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

TAG = "portal"


def _secret_key() -> str:
    try:
        return str(settings.SECRET_KEY)
    except ImproperlyConfigured:  # Django's answer to an empty key
        return ""


def _gaps_of_production() -> Iterator[tuple[str, str]]:
    """(code, sentence) for everything production needs and does not have."""
    key = _secret_key()
    if len(key) < 50 or key.startswith(("only-for-this-machine", "django-insecure")):
        yield "E001", "SECRET_KEY is not set, or too short: production needs a random one of at least 50 letters."
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield "E002", "ALLOWED_HOSTS is not set: name the hosts that this portal answers for (not *)."
    if not settings.DATABASE_URL:
        yield "E003", "DATABASE_URL is not set: production runs on a PostgreSQL of its own."
    if not settings.REDIS_URL:
        yield "E004", "REDIS_URL is not set: production shares its cache, jobs and chat through a Redis or Valkey."
    if not settings.STRIPE_SECRET_KEY:
        yield "E005", "STRIPE_SECRET_KEY is not set: the sandbox, where money is not real, does not serve production."
    if not settings.EMAIL_URL:
        yield "E006", "EMAIL_URL is not set: nobody would receive a sign-in code."
    if not settings.SITE_URL.startswith("https://"):
        yield "E007", "SITE_URL does not begin with https://: passkeys, cookies and links in emails depend on it."
    if settings.DEBUG:
        yield "E008", "DEBUG is on: error pages would show the inside of the portal to everybody."
    if settings.DEMO:
        yield "E009", "DEMO is on: everybody could sign in as staff with one click."
    if settings.SANDBOX:
        yield "E010", "The Stripe sandbox is on: nobody would be charged and nobody paid."


@register(TAG)
def check_production(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Production is whole or it is refused."""
    if not settings.PRODUCTION:
        return []
    return [Error(sentence, id=f"portal.{code}") for code, sentence in _gaps_of_production()]


def _gaps_of_money() -> Iterator[tuple[str, str]]:
    key = settings.STRIPE_SECRET_KEY
    if key:
        for code, name in (("E011", "STRIPE_WEBHOOK_SECRET"), ("E012", "STRIPE_THIN_WEBHOOK_SECRET")):
            if not getattr(settings, name):
                yield code, f"STRIPE_SECRET_KEY is set without {name}: payments would be made and never noticed."
    if key.startswith(("sk_live_", "rk_live_")) and not settings.PRODUCTION:
        yield "E013", "STRIPE_SECRET_KEY is a live key outside production: real cards would be charged. Use a test key."
    if key and settings.PRODUCTION and settings.STRIPE_WEBHOOK_SECRET.startswith("whsec_sandbox"):
        yield "E014", "STRIPE_WEBHOOK_SECRET is the sandbox's, which everybody knows: events could be forged."


@register(TAG)
def check_money(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A payment provider is set whole or not at all, in production or not."""
    return [Error(sentence, id=f"portal.{code}") for code, sentence in _gaps_of_money()]


@register(TAG)
def check_proxy(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Behind a proxy every request comes from the proxy, unless we know how many to look past."""
    if settings.SECURE_PROXY_SSL_HEADER and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        sentence = "BEHIND_PROXY is set without TRUSTED_PROXY_COUNT: all visitors would share one rate limit."
        return [Error(sentence, id="portal.E015")]
    return []


@register(TAG)
def check_timetable(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Every entry of the timetable names a job that exists."""
    from portal.celery import app

    return [
        Error(
            f"The timetable's entry {entry!r} starts the job {planned['task']!r}, which does not exist.",
            id="portal.E016",
        )
        for entry, planned in sorted(app.conf.beat_schedule.items())
        if planned["task"] not in app.tasks
    ]
