from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.demo.people import ROLES
from portal.demo.story import tell
from portal.kit.refusal import Refusal


class Command(BaseCommand):
    help = "Tell a month in the life of the portal with the real actions, then prove the books. For an empty database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--until", help="the day the story ends, as YYYY-MM-DD (default: now)")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION or not settings.SANDBOX:
            raise CommandError(
                "The demo is told with play money only: not in production, and not with a provider's key."
            )
        try:
            until = _until(options["until"])
            told = tell(until=until, say=self._say)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        for what, count in told.counts.items():
            self.stdout.write(f"  {count:>8,}  {what}")
        if not told.holds:
            raise CommandError("The books do not hold. `manage.py check_books` prints the rows.")
        self.stdout.write("The books hold. Sign in as:")
        for role in ROLES:
            self.stdout.write(f"  {settings.SITE_URL}/demo/sign-in/{role.slug}/  {role.name}, {role.label}")

    def _say(self, sentence: str) -> None:
        self.stdout.write(f"{sentence} …")
        self.stdout.flush()


def _until(text: str | None) -> datetime:
    if text is None:
        return timezone.now().replace(microsecond=0)
    try:
        return datetime.fromisoformat(text).replace(hour=12, tzinfo=UTC)
    except ValueError:
        raise CommandError(f"“{text}” is no day; write it as 2026-11-23.") from None
