"""The first page of a list of 100,000 members, against the first page of a list of 100.

    python -m benchmarks.member_list                     both lists, best of 15 in turns
    python -m benchmarks.member_list --members 10000

One PostgreSQL holds a creator with the long list and a creator with the short one; both pages are asked for through all
middleware, signed in, in one process and in turns. The page shows 50 members of either, so both write as much. The page
after the first is measured too, and so is the first by a filter that half of the members fit. The four numbers above
the list count everybody; they are a page of their own that the list fetches once it is shown, and are told apart.
"""

import argparse
import html
import os
import re
import tempfile
import time
from datetime import UTC, datetime, timedelta
from typing import Any

AT = datetime(2026, 5, 15, 12, 0, tzinfo=UTC)
GOAL, SHORT = 1.5, 100


def fill(handle: str, members: int) -> None:
    """A creator with so many members, joined one after the other in two tiers; each tenth is leaving."""
    from django.contrib.auth.hashers import make_password

    from portal.accounts.models import Creator, User
    from subscriptions.models import Grant, Membership, TenureMonth, Tier, TierPrice

    none = make_password(None)
    owner = User.objects.create(email=f"{handle}@example.com", name=handle, password=none)
    creator = Creator.objects.create(user=owner, handle=handle, display_name=handle.title())
    tiers = [Tier.objects.create(creator=creator, name=name, rank=n, created_at=AT) for n, name in ((1, "A"), (2, "B"))]
    prices = [
        TierPrice.objects.create(tier=tier, version=1, amount_minor=500, currency="usd", effective_at=AT)
        for tier in tiers
    ]
    size = 5_000
    for start in range(0, members, size):
        numbers = range(start, min(members, start + size))
        fans = User.objects.bulk_create(
            User(email=f"{handle}{n}@example.com", name=f"Fan {n}", password=none) for n in numbers
        )
        whose = [(n, {"fan": fan, "creator": creator}) for n, fan in zip(numbers, fans, strict=True)]
        joined = [AT - timedelta(minutes=n) for n in numbers]
        Membership.objects.bulk_create(
            Membership(
                **both,
                tier=tiers[n % 2],
                price=prices[n % 2],
                status="active",
                cancel_at_period_end=n % 10 == 0,
                joined_at=since,
                period_start_at=since,
                period_end_at=AT + timedelta(days=30),
            )
            for (n, both), since in zip(whose, joined, strict=True)
        )
        Grant.objects.bulk_create(
            Grant(**both, tier=tiers[n % 2], kind="paid", source=f"invoice:{handle}{n}", from_at=since)
            for (n, both), since in zip(whose, joined, strict=True)
        )
        month: dict[str, Any] = {"kind": "paid", "until_at": AT + timedelta(days=30), "tenure": 1, "streak": 1}
        TenureMonth.objects.bulk_create(
            TenureMonth(**both, from_at=since, source=f"{handle}{n}", **month)
            for (n, both), since in zip(whose, joined, strict=True)
        )


def measure(members: int, rounds: int) -> bool:
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from portal.accounts.models import Creator

    call_command("migrate", verbosity=0)
    lists = {"short": SHORT, "long": members}
    clients: dict[str, Any] = {}
    for handle, count in lists.items():
        fill(handle, count)
        clients[handle] = Client()
        clients[handle].force_login(Creator.objects.get(handle=handle).user)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    ways = {
        "the first page": "/studio/members/",
        "leaving only": "/studio/members/?status=ending",
        "the page after": "",
        "the numbers": "/studio/members/numbers/",
    }
    after = {handle: second_page(client) for handle, client in clients.items()}
    best: dict[tuple[str, str], float] = {}
    for turn in range(rounds + 1):
        for handle, client in clients.items():
            for way, path in ways.items():
                address = path or after[handle]
                began = time.perf_counter()
                answer = client.get(address)
                took = time.perf_counter() - began
                assert answer.status_code == 200, address
                assert path != "/studio/members/" or answer.content.count(b'name="chosen"') == 50
                if turn:  # The first turn warms up.
                    best[way, handle] = min(best.get((way, handle), 9.0), took)
    return verdict(best, list(ways), members)


def second_page(client: Any) -> str:
    """Where the first page's own link leads."""
    found = re.search(r'rel="next" href="([^"]+)"', client.get("/studio/members/").content.decode())
    assert found is not None
    return "/studio/members/" + html.unescape(found[1])


def verdict(best: dict[tuple[str, str], float], ways: list[str], members: int) -> bool:
    met = True
    print(f"member_list: {members:,} members against {SHORT}")
    for way in ways:
        short, long = best[way, "short"] * 1e3, best[way, "long"] * 1e3
        ratio = long / short
        free = way in ("the numbers", "leaving only")
        met &= free or ratio <= GOAL
        goal = "no goal" if free else f"goal ≤ {GOAL:g}: {'met' if ratio <= GOAL else 'MISSED'}"
        print(f"  {way:<16} {long:7.1f} ms against {short:7.1f} ms   ratio {ratio:.2f} ({goal})")
    print(f"  again: python -m benchmarks.member_list --members {members}")
    return met


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args(arguments)
    from portal.testing.postgres import postgres

    with tempfile.TemporaryDirectory(prefix="member-list-") as folder, postgres() as cluster:
        os.environ |= {"DATABASE_URL": cluster.url, "DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "portal.settings"}
        os.environ |= {"LOG_LEVEL": "ERROR", "DEBUG": "0", "PRODUCTION": "0", "REDIS_URL": "", "CONN_MAX_AGE": "600"}
        import django

        django.setup()
        from django.conf import settings
        from django.db import connection

        settings.ALLOWED_HOSTS = ["testserver"]
        met = measure(options.members, options.rounds)
        connection.close()
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
