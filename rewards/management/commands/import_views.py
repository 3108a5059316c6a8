import json
from argparse import ArgumentParser
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.utils import OperationalError, ProgrammingError
from django.utils import timezone

from portal.accounts.models import Creator
from portal.kit.refusal import Refusal
from rewards import files
from rewards.importers import kuairand
from rewards.queries import card_in_force
from rewards.rating import batch as reading
from rewards.rating.card import Card
from rewards.rating.engine import UnusableViews

READERS = {"kuairand": reading.kuairand}


class Command(BaseCommand):
    help = "Take in a file of views and say what became of each: qualified, or the rule it failed."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", choices=sorted(READERS), required=True, help="what kind of file it is")
        parser.add_argument("--dry-run", action="store_true", help="only rate, keep nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--clip-seconds-at-least", type=float, metavar="N", help="clips of N seconds count (the card: longer than)"
        )
        parser.add_argument(
            "--creator", action="append", default=[], metavar="HANDLE", help="the videos are theirs, dealt out in turn"
        )

    def handle(self, **options: Any) -> None:
        path: Path = options["file"]
        now = timezone.now()
        try:
            with files.workspace() as folder:
                clean = folder / "views.parquet"
                contents = READERS[options["source"]](path, clean)
                rating = kuairand.rate_file(clean, contents, self.card(contents, options))
            told = asdict(rating)
            if not options["dry_run"]:
                told |= self.take_in(path, options["creator"], now)
        except (UnusableViews, Refusal) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(json.dumps(told) if options["json"] else self.in_words(told))

    def card(self, contents: reading.Contents, options: dict[str, Any]) -> Card:
        """The card in force on the first day of the file, with the length that was asked for."""
        try:
            card = card_in_force(contents.first_date)
        except (OperationalError, ProgrammingError):
            # No database yet: the starting values serve to look at a file.
            card = Card()
        at_least = options["clip_seconds_at_least"]
        if at_least is None:
            return card
        if not 0 <= at_least <= 86_400:
            raise CommandError("--clip-seconds-at-least is a number of seconds from 0 to 86400.")
        return replace(card, min_clip_ms=round(at_least * 1000), min_clip_counts=True)

    def take_in(self, path: Path, handles: list[str], now: datetime) -> dict[str, object]:
        creators = [self.creator(handle) for handle in handles]
        if creators:
            accepted = kuairand.import_file(path, creators=creators, now=now).accepted
        else:
            accepted = kuairand.accept_file(path, now=now)
        return {"batch": accepted.batch.content_hash, "is_new": accepted.is_new}

    def creator(self, handle: str) -> Creator:
        found = Creator.objects.filter(handle=handle.lstrip("@")).first()
        if found is None:
            raise CommandError(f"There is no creator {handle}.")
        return found

    def in_words(self, told: dict[str, Any]) -> str:
        lines = [f"{told['total']:,} views, {told['qualified']:,} qualified on {told['clips']:,} clips"]
        lines += [f"{views:>12,}  {reason.replace('_', ' ')}" for reason, views in told["reasons"].items() if views]
        if "batch" in told:
            lines.append(f"batch {told['batch'][:12]} {'taken in' if told['is_new'] else 'was here before'}")
        return "\n".join(lines)
