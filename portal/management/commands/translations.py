"""`manage.py translations`: from the sources to the catalogs and back; needs no gettext programs. docs/translating.md."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from portal.kit.languages import catalogs, sheet, sources
from portal.kit.languages.faults import faults
from portal.kit.languages.same import SAME


class Command(BaseCommand):
    help = "Keep the translations in step with the sources: update, missing, fill, check, compile."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "deed", choices=["update", "missing", "fill", "check", "compile"], nargs="?", default="update"
        )
        parser.add_argument("sheets", nargs="*", type=Path, help="fill: the filled sheets; without one, standard input")
        parser.add_argument("--all", action="store_true", help="missing: every text, with the translations it has")

    def handle(self, *args: Any, deed: str, sheets: list[Path], **options: Any) -> None:
        if deed == "compile":
            self.stdout.write(f"compiled: {', '.join(catalogs.compile_stale()) or 'nothing had changed'}")
        elif deed == "update":
            self.update()
        elif deed == "missing":
            self.stdout.write(sheet.written(self.in_step(), everything=options["all"]), ending="")
        elif deed == "fill":
            self.fill(sheets)
        else:
            self.hold_to_the_sources()

    def in_step(self) -> dict[str, Any]:
        texts = sources.texts()
        return {
            language: catalogs.in_step(catalogs.read(language), texts, language) for language in catalogs.languages()
        }

    def update(self) -> None:
        """Write the catalogs as the sources want them; texts that are gone are dropped, new ones wait for a sheet."""
        for language, catalog in self.in_step().items():
            changed = catalogs.write(catalog, language)
            rows = catalogs.messages(catalog)
            done = sum(map(catalogs.is_done, rows))
            self.stdout.write(f"{language}: {done} of {len(rows)} translated{'' if changed else ', nothing changed'}")
        catalogs.compile_stale()

    def fill(self, sheets: list[Path]) -> None:
        found = self.in_step()
        for name, text in [(str(one), one.read_text()) for one in sheets] or [("the sheet", sys.stdin.read())]:
            try:
                filled, gone = sheet.fill(found, text)
            except sheet.SheetError as error:
                raise CommandError(f"{name}: {error}") from None
            self.stdout.write(f"{name}: {filled} translations")
            if gone:
                self.stdout.write(f"{name}: no longer in the sources: {', '.join(gone)}")
        for language, catalog in found.items():
            catalogs.write(catalog, language)
        self.update()

    def hold_to_the_sources(self) -> None:
        """Fails with every fault; what `make test` holds."""
        wrong = [f"{place}: this text is put together on the spot" for place in sources.unreadable_calls()]
        for language, catalog in self.in_step().items():
            have = {catalogs.key(message) for message in catalogs.messages(catalogs.read(language))}
            want = {catalogs.key(message) for message in catalogs.messages(catalog)}
            wrong += [f"{language}: {text!r}: is not in the catalog" for _context, text in sorted(want - have)]
            wrong += [f"{language}: {text!r}: is no longer in the sources" for _context, text in sorted(have - want)]
            wrong += faults(catalog, language, SAME.get(language, frozenset()))
        if wrong:
            raise CommandError("\n".join([*wrong, f"{len(wrong)} faults. See docs/translating.md."]))
        self.stdout.write("The translations are complete.")
