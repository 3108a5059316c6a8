"""The rules, one file each in `sql/rules/`: a sentence that a creator understands, and the condition a view must meet.

The number in the file's name is the order: a view that fails several rules is counted under the first one. The rest
of the name is the reason that such a view gets.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from rewards.rating.card import Card

FOLDER = Path(__file__).parent / "sql"
UNKNOWN_CLIP = "unknown_clip"
REPEAT = "repeat"
OVER_DAILY_LIMIT = "over_daily_limit"


@dataclass(frozen=True, slots=True)
class Rule:
    """`number` is its place in the order, from 1; `condition` is empty when the other views are needed to decide."""

    number: int
    reason: str
    text: str
    condition: str

    def sentence(self, card: Card) -> str:
        return Template(self.text).substitute(card.seconds)


@dataclass(frozen=True, slots=True)
class Step:
    """One SQL step: the sentence the site shows, and its statement."""

    name: str
    text: str
    sql: str

    def sentence(self, card: Card) -> str:
        return Template(self.text).substitute(card.seconds)


def _read(path: Path) -> tuple[str, str]:
    """The first line without its dashes, and everything that is no comment."""
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    return first.removeprefix("--").strip(), "\n".join(line for line in rest if not line.startswith("--")).strip()


@cache
def rules() -> tuple[Rule, ...]:
    """All rules in their order."""
    found = []
    for path in sorted((FOLDER / "rules").glob("*.sql")):
        number, reason = path.stem.split("_", 1)
        found.append(Rule(int(number), reason, *_read(path)))
    return tuple(found)


@cache
def steps() -> dict[str, Step]:
    """All steps in their order, by name without the number."""
    found = (Step(path.stem.split("_", 1)[1], *_read(path)) for path in sorted((FOLDER / "steps").glob("*.sql")))
    return {step.name: step for step in found}


def reasons() -> list[str]:
    return [rule.reason for rule in rules()]


def number_of(reason: str) -> int:
    return next(rule.number for rule in rules() if rule.reason == reason)


def of_the_clip(*, clip_ms_of_view: bool) -> int:
    """How many rules, counted from the first, are about the clip alone and so need not be asked for each view."""
    about_the_view = {"at_ms", "viewer_id", "promoted", "disliked", "watched_ms"}
    if clip_ms_of_view:
        about_the_view.add("clip_ms")
    for rule in rules():
        if not rule.condition or about_the_view & set(re.findall(r"\w+", rule.condition)):
            return rule.number - 1
    return len(rules())


def first_failed(card: Card, *, first: int, last: int, otherwise: str = "0") -> str:
    """One SQL expression: the number of the first rule, of those from `first` to `last`, that is not met."""
    numbers = {
        "min_clip_ms": int(card.min_clip_ms),
        "min_clip_counts": "true" if card.min_clip_counts else "false",
        "min_watched_ms": int(card.min_watched_ms),
    }
    cases = [
        f"WHEN NOT coalesce(({Template(rule.condition).substitute(numbers)}), false) THEN {rule.number}"
        for rule in rules()
        if rule.condition and first <= rule.number <= last
    ]
    return f"CASE {' '.join(cases)} ELSE {otherwise} END" if cases else otherwise
