"""The contracts between the apps hold something: each is broken once in a copy of the source, and must be noticed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once
BASE = Path(settings.BASE_DIR)
PACKAGES = ("portal", "academy", "subscriptions", "rewards", "shop")

# A new file → the import that may not be there, and how import-linter shows it.
VIOLATIONS = {
    "subscriptions/wrong.py": ("import rewards", "subscriptions.wrong -> rewards"),
    "portal/ledger/wrong.py": ("import shop", "portal.ledger.wrong -> shop"),
    "portal/kit/wrong.py": ("import portal.accounts", "portal.kit.wrong -> portal.accounts"),
    "portal/programs/wrong.py": ("import portal.notices", "portal.programs.wrong -> portal.notices"),
    "portal/sandbox/wrong.py": ("import portal.payments", "portal.sandbox.wrong -> portal.payments"),
    "academy/models/wrong.py": ("import academy.views", "academy.models.wrong -> academy.views"),
    "shop/actions/wrong.py": ("import shop.views", "shop.actions.wrong -> shop.views"),
    "rewards/wrong.py": ("import stripe", "rewards.wrong -> stripe"),
    "portal/payouts/wrong.py": ("import portal.ledger.models", "portal.payouts.wrong -> portal.ledger.models"),
    "rewards/rating/wrong.py": ("import django", "rewards.rating.wrong -> django"),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says about a copy with all the violations at once."""
    copy = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(
            BASE / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", "tests", "migrations")
        )
    shutil.copy(BASE / "pyproject.toml", copy)
    for name, (line, _) in VIOLATIONS.items():
        path = copy / name
        if not path.parent.exists():
            # The floor is one file so far: the violation goes to its end.
            path = path.parent.with_suffix(".py")
        with path.open("a") as file:
            file.write(f"\n{line}\n")
    for postings in sorted(copy.rglob("postings.py"))[:1]:
        with postings.open("a") as file:
            file.write("\nimport django\n")
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=copy, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stdout
    return done.stdout


@pytest.mark.parametrize("name", VIOLATIONS)
def test_violation_is_noticed(report: str, name: str) -> None:
    _, shown = VIOLATIONS[name]
    assert shown in report or shown.replace(".wrong", "", 1) in report, report


def test_every_contract_is_broken(report: str) -> None:
    assert "Contracts: 0 kept, 6 broken." in report, report
