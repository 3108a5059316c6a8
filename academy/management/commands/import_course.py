from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from academy.actions import import_course
from portal.kit.refusal import Refusal


class Command(BaseCommand):
    help = "Bring a folder of Markdown files into the academy as a course; a second import brings only what changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder that holds index.md")
        parser.add_argument("--slug", required=True)
        parser.add_argument("--title", default="", help="instead of the title in index.md")
        parser.add_argument("--attribution", required=True, help="who made it and where it comes from")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = import_course(
                folder=options["folder"],
                slug=options["slug"],
                title=options["title"],
                attribution=options["attribution"],
                now=timezone.now(),
            )
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(
            f"{done.course}: {done.added} lessons added, {done.changed} changed, {done.kept} as before, "
            f"{done.withdrawn} withdrawn, {done.empty} announced but not yet written"
        )
