"""The draw of a gift pool: which order the entries have, and the proof that nobody chose it.

Pure standard library, and a program of its own: `python draw.py FILE [--commitment HEX] [--entries-hash HEX]`, where FILE
is the JSON that a pool's page offers, and the two values are what you noted yourself before the draw. The rule:

1. When the pool is made, the portal publishes `commitment` = SHA-256 of a secret `seed` (64 hex digits, as text).
2. When entries close, the list of entry ids is sorted, and `entries_hash` = SHA-256 of the ids, each with a line feed.
3. With the draw `seed` is published. The entry with the smallest HMAC-SHA256(seed, entries_hash + ":" + id) is first.

The seed was fixed before anybody entered, the list before anybody knew the seed.
"""

import argparse
import hashlib
import hmac
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FORMAT = "glasshouse gift pool 1"


class NotProved(Exception):
    """A file that proves nothing: why, in a sentence."""


def commitment_of(seed: str) -> str:
    return hashlib.sha256(seed.encode()).hexdigest()


def entries_hash_of(entries: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{entry}\n" for entry in sorted(entries)).encode()).hexdigest()


def order_of(entries: Iterable[str], seed: str) -> list[str]:
    """The ids in the order that seats are offered. It does not matter in which order they come in."""
    known = sorted(entries)
    listed = entries_hash_of(known)

    def lot(entry: str) -> tuple[str, str]:
        return hmac.new(seed.encode(), f"{listed}:{entry}".encode(), hashlib.sha256).hexdigest(), entry

    return sorted(known, key=lot)


def check(document: Any, *, commitment: str = "", entries_hash: str = "") -> int:
    """How many entries were drawn from. Raises NotProved with a sentence.

    `commitment` and `entries_hash` are what somebody noted before the draw; '' where they did not.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise NotProved("This is not the file of a gift pool.")
    entries, order, seed = document.get("entries"), document.get("order"), document.get("seed")
    if not isinstance(entries, list) or not all(isinstance(one, str) and one for one in entries):
        raise NotProved("The entries are not published yet.")
    if not isinstance(seed, str) or not seed or not isinstance(order, list):
        raise NotProved("The draw has not been held yet.")
    if len(set(entries)) != len(entries):
        raise NotProved("An entry stands on the list twice.")
    if commitment_of(seed) != document.get("commitment"):
        raise NotProved("The seed is not the one that was committed to.")
    if commitment and commitment != document["commitment"]:
        raise NotProved("The commitment is not the one you noted.")
    if entries_hash_of(entries) != document.get("entries_hash"):
        raise NotProved("The list of entries is not the one that was frozen.")
    if entries_hash and entries_hash != document["entries_hash"]:
        raise NotProved("The frozen list is not the one you noted.")
    if order_of(entries, seed) != order:
        raise NotProved("The order does not follow from the seed and the list.")
    _check_offers(document.get("offers"), order)
    return len(entries)


def _check_offers(offers: Any, order: list[str]) -> None:
    """Seats were offered from the front of the order, leaving nobody out."""
    if not isinstance(offers, list) or not all(isinstance(one, dict) for one in offers):
        raise NotProved("The file does not say to whom seats were offered.")
    offered = [one.get("entry") for one in offers]
    if offered != order[: len(offered)]:
        raise NotProved("Seats were not offered in the order of the draw.")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Recompute the draw of a gift pool.")
    parser.add_argument("file", help="the JSON from the pool's page")
    parser.add_argument("--commitment", default="", help="what you noted when the pool was made")
    parser.add_argument("--entries-hash", default="", help="what you noted when entries closed")
    parser.add_argument("--entry", default="", help="your entry: shows its place")
    given = parser.parse_args(arguments)
    try:
        document = json.loads(Path(given.file).read_bytes())
        drawn = check(document, commitment=given.commitment, entries_hash=given.entries_hash)
    except (ValueError, RecursionError):
        print("Not proved. The file is not JSON.")
        return 1
    except NotProved as reason:
        print(f"Not proved. {reason}")
        return 1
    print(f"Proved: the order of {drawn} entries follows from the seed and the list, and seats were offered in it.")
    if given.entry:
        known = given.entry in document["order"]
        print(f"Your place: {document['order'].index(given.entry) + 1}." if known else "Your entry is not on the list.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
