"""Who visits which address, said by a portal about itself: `python -m portal.audit.plan FILE` writes it as JSON.

Every named URL ends in one of three lists: a visit, a reason why nobody looks at it, or a miss.
"""

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import django


@dataclass(frozen=True)
class Visit:
    """One page as one role sees it. `session` is the session's key, "" for strangers."""

    name: str
    path: str
    role: str
    session: str
    is_foreign: bool = False
    is_public: bool = False


@dataclass
class Plan:
    visits: list[Visit] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    misses: dict[str, str] = field(default_factory=dict)
    # What the walk through the portal met: [check, page, role, what].
    met: list[tuple[str, str, str, str]] = field(default_factory=list)
    asked: int = 0
    read: int = 0
    pages: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> "Plan":
        kept: dict[str, Any] = json.loads(path.read_text())
        kept["visits"] = [Visit(**visit) for visit in kept["visits"]]
        kept["met"] = [tuple(row) for row in kept["met"]]
        return cls(**kept)


def main(target: Path, *, is_full: bool, is_fast: bool) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.audit.settings")
    django.setup()
    from portal.audit.planning import Planner

    Planner(is_full=is_full, is_fast=is_fast).plan().save(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), is_full=sys.argv[2] == "full", is_fast="fast" in sys.argv)
