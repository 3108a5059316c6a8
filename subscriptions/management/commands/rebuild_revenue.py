"""`manage.py rebuild_revenue`: compute every revenue event again from the steps, say what differed, and mend it."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from subscriptions.actions.revenue import follow_revenue, rebuild_revenue
from subscriptions.models import Membership


class Command(BaseCommand):
    help = "Compute recurring revenue again from what is kept of each membership. Exits 1 when something differed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--creator", default="", help="only this handle")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Membership.objects.select_related("tier", "price").order_by("pk")
        if options["creator"]:
            rows = rows.filter(creator__handle=options["creator"])
        now, seen, differed = timezone.now(), 0, 0
        for membership in rows.iterator():
            missed = follow_revenue(membership=membership, now=now) is not None
            same = rebuild_revenue(membership=membership)
            seen += 1
            if missed or not same:
                differed += 1
                self.stdout.write(f"mended {membership.public_id}: {membership}")
        self.stdout.write(f"{seen} memberships, {differed} differed from what is kept of them.")
        if differed:
            sys.exit(1)
