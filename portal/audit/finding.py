"""What the audit found, and the table it prints."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One thing that misses a bar: which check, on which page, seen how, and what is wrong."""

    check: str
    page: str
    what: str
    seen: str = ""

    def __str__(self) -> str:
        return f"{self.check:<12} {self.page:<34} {self.seen:<34} {self.what}"


@dataclass
class Report:
    """All findings, how often each check looked, and what was left out on purpose."""

    findings: list[Finding] = field(default_factory=list)
    looked: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, str] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)

    def add(self, check: str, found: Iterable[Finding], looked: int = 1) -> None:
        self.looked[check] += looked
        self.findings += found

    @property
    def passed(self) -> bool:
        """No finding, and no check that was asked for and never looked at anything."""
        return not self.findings and not self.idle()

    def idle(self) -> list[str]:
        """Checks that were asked for and saw nothing: a silence that would look like a success."""
        return [check for check in self.checks if not self.looked[check]]

    def as_json(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "looked": dict(self.looked),
            "findings": [asdict(finding) for finding in self.findings],
            "idle": self.idle(),
            "left_out": self.left_out,
            "measured": self.measured,
        }

    def table(self, most: int = 12) -> str:
        """One line a check, and below the red ones what they found, `most` lines each."""
        lines = [f"{'':<6} {'check':<12} {'looked':>7} {'misses':>7}  bar", "─" * 100]
        for check, bar in self.checks.items():
            mine = [finding for finding in self.findings if finding.check == check]
            colour = "red" if mine or not self.looked[check] else "green"
            lines.append(f"{colour:<6} {check:<12} {self.looked[check]:>7} {len(mine):>7}  {bar}")
            lines += [f"         {line}" for line in _grouped(mine)[:most]]
            if len(_grouped(mine)) > most:
                lines.append(f"         … and {len(_grouped(mine)) - most} more (--json shows all)")
        return "\n".join(lines)


def _grouped(findings: list[Finding]) -> list[str]:
    """The same thing on many pages, or seen in many ways, is one line."""
    by_what: dict[str, list[Finding]] = {}
    for finding in findings:
        by_what.setdefault(finding.what, []).append(finding)
    lines = []
    for what, found in sorted(by_what.items(), key=lambda item: -len(item[1])):
        pages = sorted({finding.page for finding in found})
        shown = ", ".join(pages[:4]) + (f" and {len(pages) - 4} more" if len(pages) > 4 else "")
        ways = sorted({finding.seen for finding in found if finding.seen})
        lines.append(f"{len(found)} × {what} · {shown}" + (f" · {ways[0]}" if ways else ""))
    return lines
