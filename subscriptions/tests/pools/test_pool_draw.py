"""The order of a draw: the same for every order of entries, fair to every entry, and recomputed by anybody."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from portal.accounts.models import User
from subscriptions import tasks
from subscriptions.actions.pool_entries import ListHasChanged, draw_pool, freeze_pool
from subscriptions.actions.pools import SeedIsLost
from subscriptions.draw import NotProved, check, commitment_of, entries_hash_of, main, order_of
from subscriptions.models import GiftPool, PoolEntry
from subscriptions.queries.pools import draw_document
from subscriptions.tests.pools.conftest import Fund, Sweep, enter_many

Document = dict[str, Any]
SEED = "5" * 64
ids = st.lists(st.text("23456789bcdfghjkmnpqrstvwxyz", min_size=12, max_size=12), unique=True, max_size=30)


@given(entries=ids, random=st.randoms())
def test_any_order_of_entries_gives_the_same_result(entries: list[str], random: Any) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)
    assert order_of(shuffled, SEED) == order_of(entries, SEED)
    assert sorted(order_of(entries, SEED)) == sorted(entries)
    assert entries_hash_of(shuffled) == entries_hash_of(entries)


def test_every_entry_is_equally_likely_at_every_place() -> None:
    """20,000 draws of five: each entry is expected 4,000 times at each place, give or take 57 (one sigma)."""
    entries = ["entry-a", "entry-b", "entry-c", "entry-d", "entry-e"]
    counted = Counter(
        (place, entry)
        for number in range(20_000)
        for place, entry in enumerate(order_of(entries, commitment_of(str(number))))
    )
    assert len(counted) == 25
    assert max(abs(times - 4_000) for times in counted.values()) < 5 * 57


def test_another_entry_or_another_seed_moves_everything() -> None:
    entries = [f"entry-{number}" for number in range(50)]
    before = order_of(entries, SEED)
    more = [one for one in order_of([*entries, "one-more"], SEED) if one != "one-more"]
    assert more != before
    assert order_of(entries, "6" * 64) != before


@pytest.fixture
def document(
    sam: User, pool: GiftPool, fund: Fund, sweep: Sweep, client: Client, noon: datetime
) -> Callable[[], Document]:
    """The file as anybody downloads it, after a draw of two seats among five."""
    fund(sam, pool, 2)
    enter_many(pool, 5, noon)
    sweep(noon + timedelta(days=3))
    sweep(noon + timedelta(days=3, hours=1))
    return lambda: json.loads(client.get(f"/@mika/pools/{pool.public_id}/draw.json").content)


def test_anybody_recomputes_it_from_the_file_without_the_portal(
    client: Client, document: Callable[[], Document], pool: GiftPool, tmp_path: Path
) -> None:
    """The program is downloaded too, and runs alone: no packages, no environment, another folder."""
    (tmp_path / "draw.py").write_bytes(client.get(reverse("pool_checker")).content)
    (tmp_path / "pool.json").write_text(json.dumps(document()))
    placed = PoolEntry.objects.get(place=3)

    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-I", "draw.py", "pool.json", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={}, check=False)
        assert not done.stderr
        return done.returncode, done.stdout

    code, said = run("--commitment", pool.commitment, "--entry", placed.public_id)
    assert (code, "Proved: the order of 5 entries" in said, "Your place: 3." in said) == (0, True, True)
    assert run("--commitment", "0" * 64)[0] == 1
    assert run("--entries-hash", "0" * 64)[0] == 1
    tampered = document()
    tampered["order"][0], tampered["order"][1] = tampered["order"][1], tampered["order"][0]
    (tmp_path / "pool.json").write_text(json.dumps(tampered))
    assert run() == (1, "Not proved. The order does not follow from the seed and the list.\n")


def _other_seed(told: Document) -> None:
    """Whoever knows the list looks for a seed that puts a friend first."""
    told["seed"] = "7" * 64
    told["order"] = order_of(told["entries"], told["seed"])


def _other_list(told: Document) -> None:
    """A friend is put on the list when the seed is known."""
    told["entries"] = sorted([*told["entries"], "friend"])
    told["order"] = order_of(told["entries"], told["seed"])


def _twice(told: Document) -> None:
    told["entries"].append(told["entries"][0])


def _out_of_turn(told: Document) -> None:
    told["offers"][1]["entry"] = told["order"][4]


@pytest.mark.parametrize(
    ("tamper", "sentence"),
    [
        (_other_seed, "committed"),
        (_other_list, "frozen"),
        (_twice, "twice"),
        (_out_of_turn, "in the order"),
        (lambda told: told.pop("seed"), "not been held"),
        (lambda told: told.pop("entries"), "not published"),
        (lambda told: told.pop("offers"), "to whom"),
        (lambda told: told.pop("format"), "not the file"),
    ],
)
def test_what_was_tampered_with_is_found(
    document: Callable[[], Document], tamper: Callable[[Document], object], sentence: str
) -> None:
    told = document()
    assert check(told) == 5
    tamper(told)
    with pytest.raises(NotProved, match=sentence):
        check(told)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff\xfe", b"[" * 60_000, b'{"entries": 1}'])
def test_what_is_no_file_of_a_draw_gets_a_sentence(content: bytes, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "file").write_bytes(content)
    assert main([str(tmp_path / "file")]) == 1
    assert capsys.readouterr().out.startswith("Not proved. ")


def test_nothing_is_published_before_its_time(sam: User, pool: GiftPool, client: Client, noon: datetime) -> None:
    enter_many(pool, 2, noon)
    assert {"entries", "seed", "order"} & draw_document(pool=pool).keys() == set()
    closes = noon + timedelta(days=3)
    assert freeze_pool(pool=pool, now=closes - timedelta(seconds=1)).frozen_at is None
    frozen = freeze_pool(pool=pool, now=closes)
    assert (len(draw_document(pool=frozen)["entries"]), "seed" in draw_document(pool=frozen)) == (2, False)
    assert frozen.entries_hash == entries_hash_of(entry.public_id for entry in PoolEntry.objects.all())
    # A list that was fixed late stands for an hour all the same.
    assert draw_pool(pool=frozen, now=closes + timedelta(minutes=59)).drawn_at is None
    for _twice in range(2):
        drawn = draw_pool(pool=frozen, now=closes + timedelta(hours=1))
        assert commitment_of(drawn.seed) == pool.commitment
    body = client.get(f"/@mika/pools/{pool.public_id}/draw.json").content.decode()
    assert "@" not in body and "Fan" not in body


def test_a_list_that_moved_or_a_seed_that_is_lost_stops_the_draw(pool: GiftPool, noon: datetime, settings: Any) -> None:
    enter_many(pool, 2, noon)
    frozen = freeze_pool(pool=pool, now=noon + timedelta(days=3))
    late = noon + timedelta(days=4)
    known, settings.SECRET_KEY = settings.SECRET_KEY, "another-secret-of-the-portal-0123456789-0123456789"
    with pytest.raises(SeedIsLost):
        draw_pool(pool=frozen, now=late)
    settings.SECRET_KEY_FALLBACKS = [known]
    PoolEntry.objects.filter(pool=pool).first().delete()  # type: ignore[union-attr]
    with pytest.raises(ListHasChanged):
        draw_pool(pool=frozen, now=late)


def test_the_older_secret_still_opens_the_seed(pool: GiftPool, noon: datetime, settings: Any) -> None:
    enter_many(pool, 2, noon)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-of-the-portal-0123456789-0123456789"
    freeze_pool(pool=pool, now=noon + timedelta(days=3))
    assert draw_pool(pool=pool, now=noon + timedelta(days=4)).seed


def test_only_a_draw_has_a_file(client: Client, first_come: GiftPool) -> None:
    assert client.get(f"/@mika/pools/{first_come.public_id}/draw.json").status_code == 404
    assert client.post("/pools/draw.py").status_code == 405


def test_everybody_hears_of_their_place(sam: User, pool: GiftPool, fund: Fund, sweep: Sweep, noon: datetime) -> None:
    fund(sam, pool, 1)
    enter_many(pool, 3, noon)
    sweep(noon + timedelta(days=3))
    sweep(noon + timedelta(days=3, hours=1))
    for _twice in range(2):
        tasks.tell_draw(pool_id=pool.pk)
    last = PoolEntry.objects.get(place=3)
    subjects = list(last.fan.notices.values_list("subject", flat=True))
    assert subjects == ["The draw of “For students” was held: you are number 3"]
