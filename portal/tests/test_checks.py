"""Half-set production is refused, gap by gap."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from pytest_django import Settings

from portal.celery import app
from portal.testing.production import PRODUCTION

WHOLE: dict[str, Any] = {
    "PRODUCTION": True,
    "SECRET_KEY": PRODUCTION["SECRET_KEY"],
    "ALLOWED_HOSTS": ["portal.example"],
    "DATABASE_URL": PRODUCTION["DATABASE_URL"],
    "REDIS_URL": PRODUCTION["REDIS_URL"],
    "STRIPE_SECRET_KEY": PRODUCTION["STRIPE_SECRET_KEY"],
    "STRIPE_WEBHOOK_SECRET": PRODUCTION["STRIPE_WEBHOOK_SECRET"],
    "STRIPE_THIN_WEBHOOK_SECRET": PRODUCTION["STRIPE_THIN_WEBHOOK_SECRET"],
    "EMAIL_URL": PRODUCTION["EMAIL_URL"],
    "SITE_URL": "https://portal.example",
    "DEBUG": False,
    "DEMO": False,
    "SANDBOX": False,
}


def found() -> list[tuple[str | None, str]]:
    return [(problem.id, str(problem.msg)) for problem in run_checks(tags=["portal"])]


@pytest.fixture
def whole(settings: Settings) -> Settings:
    for name, value in WHOLE.items():
        setattr(settings, name, value)
    return settings


def test_whole_production_is_accepted(whole: Settings) -> None:
    assert found() == []


def test_nothing_set_outside_production_is_accepted(settings: Settings) -> None:
    assert not settings.PRODUCTION
    assert found() == []


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [
        ("SECRET_KEY", "", "E001", "SECRET_KEY is not set"),
        ("SECRET_KEY", "only-for-this-machine-not-for-production-0123456789", "E001", "SECRET_KEY"),
        ("SECRET_KEY", "short", "E001", "too short"),
        ("ALLOWED_HOSTS", [], "E002", "ALLOWED_HOSTS is not set"),
        ("ALLOWED_HOSTS", ["*"], "E002", "not *"),
        ("DATABASE_URL", "", "E003", "DATABASE_URL is not set"),
        ("REDIS_URL", "", "E004", "REDIS_URL is not set"),
        ("STRIPE_SECRET_KEY", "", "E005", "STRIPE_SECRET_KEY is not set"),
        ("EMAIL_URL", "", "E006", "EMAIL_URL is not set"),
        ("SITE_URL", "http://portal.example", "E007", "https://"),
        ("DEBUG", True, "E008", "DEBUG is on"),
        ("DEMO", True, "E009", "DEMO is on"),
        ("SANDBOX", True, "E010", "sandbox"),
        ("STRIPE_WEBHOOK_SECRET", "", "E011", "without STRIPE_WEBHOOK_SECRET"),
        ("STRIPE_THIN_WEBHOOK_SECRET", "", "E012", "without STRIPE_THIN_WEBHOOK_SECRET"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_sandbox_snapshot", "E014", "could be forged"),
        ("SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https"), "E015", "TRUSTED_PROXY_COUNT"),
    ],
)
def test_each_gap_is_refused_alone(whole: Settings, name: str, value: Any, code: str, words: str) -> None:
    setattr(whole, name, value)
    [(problem, sentence)] = found()
    assert problem == f"portal.{code}"
    assert words in sentence


@pytest.mark.parametrize("missing", ["STRIPE_WEBHOOK_SECRET", "STRIPE_THIN_WEBHOOK_SECRET"])
def test_key_without_webhook_secret_is_refused_outside_production_too(settings: Settings, missing: str) -> None:
    settings.STRIPE_SECRET_KEY, settings.SANDBOX = "sk_test_1", False
    settings.STRIPE_WEBHOOK_SECRET = settings.STRIPE_THIN_WEBHOOK_SECRET = "whsec_1"
    assert found() == []
    setattr(settings, missing, "")
    [(_, sentence)] = found()
    assert f"without {missing}" in sentence


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
def test_live_key_is_refused_outside_production(settings: Settings, key: str) -> None:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = key, "whsec_1"
    settings.STRIPE_THIN_WEBHOOK_SECRET = "whsec_2"
    [(code, sentence)] = found()
    assert code == "portal.E013"
    assert "real cards" in sentence


def test_unknown_job_in_the_timetable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.conf.beat_schedule, "tea", {"task": "kitchen.make_tea", "schedule": 60})
    [(code, sentence)] = found()
    assert code == "portal.E016"
    assert "'kitchen.make_tea'" in sentence


def run_check(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=django_settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **PRODUCTION, "DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_environment_alone_makes_a_whole_or_a_half_production(tmp_path: Path) -> None:
    """The same from outside: the variables of `docs/operate.md`, through the settings, to the exit code."""
    assert run_check(tmp_path).returncode == 0
    half = run_check(tmp_path, REDIS_URL="", STRIPE_WEBHOOK_SECRET="")
    assert half.returncode == 1
    assert "REDIS_URL is not set" in half.stderr
    assert "without STRIPE_WEBHOOK_SECRET" in half.stderr
    assert run_check(tmp_path, SECRET_KEY="").returncode == 1
