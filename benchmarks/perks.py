"""Access in a fixed number of queries: `perks()` for a page of 50 posts, and whole pages from 10 to 10,000 rows.

    python -m benchmarks.perks                     10, 100, 1,000 and 10,000 rows
    python -m benchmarks.perks --rows 10,1000

Rows are posts for the creator page and the library (a third each for all members, for a tier, for chosen tiers; some
open later), and members for the member list. Each page is asked for by somebody who is signed in, through all
middleware, in one process; its queries are counted, its content is checked, and the CPU time of the median of several
requests is told. The reference of the first line is one query a post, as it is written without `perks()`; both sides
must find the same posts open. The database is SQLite.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Self

GOAL_PERKS_QUERIES = 2
POSTS_ON_A_PAGE = 50
AT = datetime(2026, 5, 15, 12, 0, tzinfo=UTC)
PAGES = ("/@mika/", "/me/library/", "/studio/members/")


def make_creator() -> tuple[Any, list[Any], Any]:
    """A creator, three tiers, and a fan in the second."""
    from portal.accounts.models import Creator, User
    from subscriptions.actions.grants import give_grant
    from subscriptions.actions.tiers import add_tier, ensure_benefit
    from subscriptions.models import Benefit, Grant, Tier, TierPrice

    user = User.objects.create_user("mika@example.com", name="Mika")
    creator = Creator.objects.create(user=user, handle="mika", display_name="Mika")
    kinds = [Benefit.Kind.CONTENT, Benefit.Kind.BADGE, Benefit.Kind.CHAT]
    benefits = [ensure_benefit(creator=creator, kind=kind, title=kind.title()) for kind in kinds]
    for n in range(3):
        add_tier(creator=creator, name=f"Tier {n}", amount_minor=500 * (n + 1), benefits=benefits[: n + 1], now=AT)
    # As the provider would have answered; it is not what is measured.
    TierPrice.objects.update(stripe_price_id="price_of_benchmark")
    Tier.objects.update(stripe_product_id="prod_of_benchmark", published_at=AT)
    tiers = list(creator.tiers.order_by("rank"))
    fan = User.objects.create_user("sam@example.com", name="Sam")
    give_grant(fan=fan, kind=Grant.Kind.STAFF, by=user, reason="Benchmark", now=AT, tier=tiers[1])
    return creator, tiers, fan


def grow(creator: Any, tiers: list[Any], count: int) -> None:
    """Let posts and members grow to `count` each."""
    from portal.accounts.models import User
    from subscriptions.models import Grant, Membership, Post

    have = Post.objects.count()
    posts = Post.objects.bulk_create(_post(creator, tiers, n) for n in range(have, count))
    through = Post.tiers.through
    chosen = [post.pk for post in posts if post.audience == Post.Audience.TIERS]
    through.objects.bulk_create(through(post_id=key, tier_id=tiers[key % 3].pk) for key in chosen)
    have = Membership.objects.count()
    people = [User(email=f"fan{n}@example.com", name=f"Fan {n}", public_id=f"f{n}") for n in range(have, count)]
    fans = User.objects.bulk_create(people, batch_size=500)
    price = {tier.pk: tier.prices.get() for tier in tiers}
    for n, fan in enumerate(fans):
        fan.tier = tiers[n % 3]  # type: ignore[attr-defined]
    Membership.objects.bulk_create(
        [
            Membership(
                fan=fan,
                creator=creator,
                tier=fan.tier,  # type: ignore[attr-defined]
                price=price[fan.tier.pk],  # type: ignore[attr-defined]
                status=Membership.Status.ACTIVE,
                joined_at=AT,
                period_start_at=AT,
                period_end_at=AT + timedelta(days=30),
                stripe_subscription_id=f"sub_{fan.pk}",
            )
            for fan in fans
        ],
        batch_size=500,
    )
    until = datetime.now(UTC) + timedelta(days=30)
    Grant.objects.bulk_create(
        [
            Grant(
                fan=fan,
                creator=creator,
                tier=fan.tier,  # type: ignore[attr-defined]
                kind=Grant.Kind.PAID,
                source=f"invoice:{fan.pk}",
                from_at=AT,
                until_at=until,
            )
            for fan in fans
        ],
        batch_size=500,
    )


def _post(creator: Any, tiers: list[Any], n: int) -> Any:
    from subscriptions.models import Post

    audience = (Post.Audience.MEMBERS, Post.Audience.TIER, Post.Audience.TIERS)[n % 3]
    later = n % 7 == 0 and audience == Post.Audience.TIER
    return Post(
        creator=creator,
        title=f"Post number {n}",
        teaser="A few words that everybody may read, before the door.",
        body="Words. " * 50,
        audience=audience,
        tier=tiers[n // 3 % 3] if audience == Post.Audience.TIER else None,
        opens_at=AT + timedelta(days=1) if later else None,
        opens_to=Post.Wider.PUBLIC if later else "",
        created_at=AT,
        published_at=AT + timedelta(minutes=n) / 1000,
    )


class Counted:
    """`with Counted() as queries: ...; queries.count`."""

    def __enter__(self) -> Self:
        from django.db import connection

        self.count = 0
        self._wrapper = connection.execute_wrapper(self._one_more)
        self._wrapper.__enter__()
        return self

    def _one_more(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)

    def __exit__(self, *_error: object) -> None:
        self._wrapper.__exit__(*_error)


def cpu(deed: Callable[[], object], times: int) -> float:
    """CPU seconds of the median run."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        deed()
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def compare_perks(creator: Any, fan: Any) -> bool:
    """50 posts through one `perks()`, against a query for each of them."""
    from django.utils import timezone

    from subscriptions.models import Grant, Post
    from subscriptions.queries.access import perks
    from subscriptions.queries.posts import know_tiers

    now = timezone.now()
    posts = know_tiers(Post.objects.published(now).with_doors().order_by("-pk")[:POSTS_ON_A_PAGE])

    def ours() -> list[bool]:
        mine = perks(viewer=fan, creator=creator, at=now)
        return [mine.may_read(post) for post in posts]

    def naive() -> list[bool]:
        found = []
        for post in posts:
            rows = Grant.objects.live(now).filter(fan=fan, creator=creator, tier__isnull=False)
            if post.is_public(now):
                found.append(True)
                continue
            if post.audience == Post.Audience.TIER and post.tier:
                rows = rows.filter(tier__rank__gte=post.tier.rank)
            if post.audience == Post.Audience.TIERS:
                rows = rows.filter(tier__chosen_posts=post)
            found.append(rows.exists())
        return found

    assert ours() == naive() and len(posts) == POSTS_ON_A_PAGE and {True, False} == set(ours())
    with Counted() as queries:
        ours()
    ratio = min(cpu(naive, 20) / cpu(ours, 20) for _ in range(3))
    met = queries.count == GOAL_PERKS_QUERIES
    verdict = "met" if met else "MISSED"
    print(f"  perks() for {POSTS_ON_A_PAGE} posts: {queries.count} queries (goal {GOAL_PERKS_QUERIES}: {verdict})")
    print(f"  a query a post costs {ratio:.1f} × its CPU time")
    return met


def ask(clients: dict[str, Any], path: str) -> tuple[int, float]:
    """Queries and CPU seconds of one page."""
    client = clients["creator" if path.startswith("/studio/") else "fan"]
    answer = client.get(path)
    text = answer.content.decode()
    assert answer.status_code == 200 and ("Fan " if path.startswith("/studio/") else "Post number") in text, path
    with Counted() as queries:
        client.get(path)
    return queries.count, cpu(lambda: client.get(path), 7)


def run(sizes: list[int]) -> bool:
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    creator, tiers, fan = make_creator()
    clients = {"creator": Client(), "fan": Client()}
    clients["creator"].force_login(creator.user)
    clients["fan"].force_login(fan)
    found: dict[str, list[tuple[int, float]]] = {path: [] for path in PAGES}
    print(f"perks: posts and members from {sizes[0]:,} to {sizes[-1]:,}; CPU is the median of 7 requests")
    for size in sizes:
        grow(creator, tiers, size)
        for path in PAGES:
            found[path].append(ask(clients, path))
    met = compare_perks(creator, fan)
    for path, figures in found.items():
        queries = [count for count, _seconds in figures]
        same = len(set(queries)) == 1
        met &= same
        cells = "  ".join(f"{size:>6,}: {q} q {s * 1e3:5.1f} ms" for size, (q, s) in zip(sizes, figures, strict=True))
        print(f"  {path:<18} {cells}   constant: {'met' if same else 'MISSED'}")
    print(f"  again: python -m benchmarks.perks --rows {','.join(map(str, sizes))}")
    return met


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="10,100,1000,10000", help="sizes, separated by commas")
    options = parser.parse_args(arguments)
    sizes = [int(size) for size in options.rows.split(",")]
    if sizes[-1] < POSTS_ON_A_PAGE:
        parser.error(f"the largest size must be at least {POSTS_ON_A_PAGE}")
    # A database of its own: the settings read where it lies when they are loaded.
    with tempfile.TemporaryDirectory(prefix="perks-") as folder:
        os.environ |= {"DATA_DIR": folder, "DATABASE_URL": "", "REDIS_URL": "", "LOG_LEVEL": "ERROR"}
        os.environ |= {"DJANGO_SETTINGS_MODULE": "portal.settings", "PRODUCTION": "0", "DEBUG": "0"}
        import django

        django.setup()
        met = run(sizes)
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
