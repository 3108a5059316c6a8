"""Read a file of orders and returns of one brand."""

import json
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.kit.refusal import Refusal
from shop.actions.orders import record_order, record_return
from shop.models import Brand, Order, OrderReturn
from shop.sources import online_retail

SOURCES = {"online_retail": online_retail.read}


class Command(BaseCommand):
    help = "Read orders and returns from a file. Safe to repeat: every order and return has its number."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", choices=sorted(SOURCES), required=True)
        parser.add_argument("--brand", required=True, help="the brand's short name")
        parser.add_argument("--dry-run", action="store_true", help="read and count, keep nothing")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        brand = Brand.objects.filter(slug=options["brand"]).first()
        if brand is None:
            raise CommandError(f"no brand is called {options['brand']!r}")
        try:
            parsed = SOURCES[options["source"]](options["file"], currency=brand.currency)
        except (OSError, online_retail.NotThisFile) as error:
            raise CommandError(str(error)) from error
        counts = parsed.counts()
        if not options["dry_run"]:
            counts |= self._record(brand, parsed)
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        for name, value in counts.items():
            self.stdout.write(f"{name:<14} {value}")

    def _record(self, brand: Brand, parsed: online_retail.Parsed) -> dict[str, Any]:
        """Each order and each return is a transaction of its own; a refused one does not stop the others."""
        now = timezone.now()
        known_returns = set(OrderReturn.objects.filter(brand=brand).values_list("external_id", flat=True))
        recorded: Counter[str] = Counter()
        refused: list[str] = []
        for order in parsed.orders:
            try:
                result = record_order(brand=brand, facts=order, now=now, origin=Order.Origin.IMPORT)
            except Refusal as refusal:
                refused.append(str(refusal))
                continue
            recorded["orders_new" if result.is_new else "orders_known"] += 1
        for each in parsed.returns:
            try:
                record_return(brand=brand, facts=each, now=now)
            except Refusal as refusal:
                refused.append(str(refusal))
                continue
            recorded["returns_known" if each.external_id in known_returns else "returns_new"] += 1
        return {**recorded, "refused": refused}
