"""`manage.py check_books`: prove the invariants of the books, print the offending rows, exit 1 if there is one."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.ledger.actions import prove_books
from portal.ledger.invariants import SENTENCES

MARKS = {"holds": "ok     ", "broken": "BROKEN ", "unproved": "unknown"}


class Command(BaseCommand):
    help = "Prove the books: every invariant with the number of offending rows, and the rows. Exits 1 on any."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        proof = prove_books(now=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(proof), indent=2))
        else:
            for finding in proof.findings:
                self._print(finding)
            self.stdout.write(
                f"{proof.entries} entries, {proof.lines} lines, proved in {proof.duration_ms} ms: "
                + ("the books hold." if proof.holds else "THE BOOKS ARE BROKEN.")
            )
        if not proof.holds:
            sys.exit(1)

    def _print(self, finding: dict[str, Any]) -> None:
        code = finding["code"]
        self.stdout.write(f"{MARKS[finding['state']]} {code:<4} {finding['count']:>4}  {SENTENCES[code]}")
        for row in [*finding["offenders"], *finding["unanswered"]]:
            self.stdout.write(f"             {row}")


def _as_json(proof: Any) -> dict[str, Any]:
    return {
        "holds": proof.holds,
        "proved_at": proof.proved_at.isoformat(),
        "duration_ms": proof.duration_ms,
        "entries": proof.entries,
        "lines": proof.lines,
        "totals": proof.totals,
        "findings": [finding | {"sentence": str(SENTENCES[finding["code"]])} for finding in proof.findings],
    }
