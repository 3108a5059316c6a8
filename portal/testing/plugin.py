"""pytest's way in: the cast and the services become fixtures of every test."""

import importlib.util

import pytest

FIXTURES = ("portal.testing.cast", "portal.testing.stripe", "portal.testing.services", "portal.testing.browser")


def pytest_configure(config: pytest.Config) -> None:
    # A plugin named with -p loads before Django is set up; by now it is.
    for name in FIXTURES:
        if importlib.util.find_spec(name):
            config.pluginmanager.import_plugin(name)
