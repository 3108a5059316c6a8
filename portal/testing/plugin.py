"""pytest's way in: the cast and the services become fixtures of every test."""

import atexit
import importlib.util
import os
import shutil
import tempfile

import pytest
from hypothesis import settings

# The same examples each time, so that a red run is red because of what was changed; HYPOTHESIS_PROFILE=search looks for
# others, and keeps what it finds in .hypothesis/ for the next search.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# Before Django reads its settings: jobs run in place, and nothing is written beside the project.
os.environ.setdefault("CELERY_EAGER", "1")
# What a developer keeps in .env is not for tests: a name that is set, if only to nothing, is not read from there.
for name in ("DATABASE_URL", "REDIS_URL", "STRIPE_SECRET_KEY", "EMAIL_URL", "PRODUCTION", "TIKTOK_CLIENT_KEY"):
    os.environ.setdefault(name, "")
if "TEST_DATA_DIR" in os.environ:
    os.environ["DATA_DIR"] = os.environ["TEST_DATA_DIR"]
else:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="glasshouse-test-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)

FIXTURES = (
    "portal.testing.cast",
    "portal.testing.books",
    "portal.testing.stripe",
    "portal.testing.services",
    "portal.testing.browser",
    "portal.testing.first_rows",
)

# They import one another, so each is named before the first is read.
pytest.register_assert_rewrite(*FIXTURES)


def pytest_configure(config: pytest.Config) -> None:
    # A plugin named with -p loads before Django is set up; by now it is.
    for name in FIXTURES:
        if importlib.util.find_spec(name):
            config.pluginmanager.import_plugin(name)
