"""One file, many hands: threads and processes take turns, and nothing is done twice or lost."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import stripe
from django.conf import settings

from portal.sandbox.engine import Sandbox
from portal.sandbox.store import Store
from portal.sandbox.transport import SandboxHTTPClient

WORK = """
import sys
import stripe
from portal.sandbox.engine import Sandbox
from portal.sandbox.transport import SandboxHTTPClient
api = stripe.StripeClient("sk_test_x", http_client=SandboxHTTPClient(Sandbox(sys.argv[1])), max_network_retries=0)
for number in range(15):
    api.v1.topups.create({"amount": 100, "currency": "usd"})
    api.v1.customers.create({"email": "a@b.c"}, {"idempotency_key": f"same-{number}"})
"""


def client(box: Sandbox) -> Any:
    return stripe.StripeClient("sk_test_x", http_client=SandboxHTTPClient(box), max_network_retries=0)


def test_processes_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "shared.sqlite3"
    given = [sys.executable, "-c", WORK, str(path)]
    workers = [subprocess.Popen(given, cwd=settings.BASE_DIR, stderr=subprocess.PIPE) for _ in range(2)]
    for worker in workers:
        _, problem = worker.communicate(timeout=120)
        assert worker.returncode == 0, problem.decode()
    api = client(Sandbox(str(path)))
    assert api.v1.balance.retrieve().available[0].amount == 2 * 15 * 100
    assert len(list(api.v1.customers.list({"limit": 100}).auto_paging_iter())) == 15


def test_threads_share_a_box(tmp_path: Path) -> None:
    box = Sandbox(str(tmp_path / "threads.sqlite3"))
    api = client(box)

    def work(number: int) -> str:
        api.v1.topups.create({"amount": 100, "currency": "usd"})
        return api.v1.customers.create({"email": "a@b.c"}, {"idempotency_key": f"same-{number % 10}"}).id

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(work, range(40)))
    assert len(set(made)) == 10 and box.findings == []
    assert api.v1.balance.retrieve().available[0].amount == 4_000


def test_it_does_not_roll_back_with_django(db: Any, box: Sandbox) -> None:
    """Our transaction fails after the provider has said yes: the customer exists there all the same."""
    from django.db import transaction

    class Trouble(Exception):
        pass

    def ours() -> None:
        with transaction.atomic():
            client(box).v1.customers.create({"email": "a@b.c"})
            raise Trouble

    with pytest.raises(Trouble):
        ours()
    assert len(client(box).v1.customers.list().data) == 1


def test_a_part_is_undone_alone() -> None:
    store = Store()

    def part() -> None:
        with store.savepoint():
            store.execute("INSERT INTO meta VALUES ('b', '2')")
            raise ValueError

    with store.transaction():
        store.execute("INSERT INTO meta VALUES ('a', '1')")
        with pytest.raises(ValueError):  # noqa: PT011
            part()
    assert [row["name"] for row in store.rows("SELECT name FROM meta")] == ["a"]
