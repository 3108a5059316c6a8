import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from portal.testing import migrated

pytestmark = pytest.mark.once


def database(path: Path, word: str) -> Path:
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE said (word TEXT)")
        made.execute("INSERT INTO said VALUES (?)", [word])
        made.commit()
    return path


def test_a_kept_database_is_copied(tmp_path: Path) -> None:
    assert not migrated.copy(tmp_path, "first", tmp_path / "copy")
    migrated.keep(tmp_path, "first", database(tmp_path / "made", "hello"))
    assert migrated.copy(tmp_path, "first", tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy")) as copied:
        assert copied.execute("SELECT word FROM said").fetchall() == [("hello",)]


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    made = database(tmp_path / "made", "hello")
    for number in range(migrated.FEW + 2):
        migrated.keep(tmp_path, str(number), made)
        os.utime(tmp_path / f"{number}.sqlite3", (number, number))
    migrated.keep(tmp_path, "last", made)
    assert len(list(tmp_path.glob("*.sqlite3"))) == migrated.FEW
    assert (tmp_path / "last.sqlite3").exists() and not (tmp_path / "0.sqlite3").exists()


def test_another_migration_is_another_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrated, "BASE", tmp_path)
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_initial.py").write_text("a")
    before = migrated.key()
    (folder / "0001_initial.py").write_text("b")
    assert migrated.key() not in (before, "")
    assert migrated.key() == migrated.key()
