"""`make audit`: prints the table; 1 if anything misses its bar, 2 if the audit itself could not be held."""

import argparse
import json
import signal
import sys
from pathlib import Path
from types import FrameType

from portal.audit.browser import NoChromium
from portal.audit.portals import NoPortal
from portal.audit.roles import ROLES
from portal.audit.run import CHECKS, Wish, audit
from portal.audit.tools import NoTools


def say(text: str) -> None:
    print(text, flush=True)


def parser() -> argparse.ArgumentParser:
    asked = argparse.ArgumentParser(prog="make audit ARGS=…", description=__doc__)
    asked.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="a URL name; * stands for any letters"
    )
    asked.add_argument("--role", action="append", default=[], choices=ROLES)
    asked.add_argument("--check", action="append", default=[], choices=list(CHECKS))
    asked.add_argument("--quick", action="store_true", help="each page once: the demo, in English, by one role")
    asked.add_argument("--lighthouse", choices=("sample", "all", "none"), default="sample")
    asked.add_argument("--json", type=Path, metavar="FILE", help="write everything that was found and measured")
    asked.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the portals there, and use them next time")
    return asked


def interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    # A cancelled CI job sends SIGTERM: stop the portals as after Ctrl-C.
    signal.signal(signal.SIGTERM, interrupted)
    asked = parser().parse_args(arguments)
    wish = Wish(asked.only, asked.role, asked.check, asked.quick, asked.lighthouse, asked.keep)
    try:
        report = audit(wish, say)
    except (NoChromium, NoPortal, NoTools) as error:
        say(f"The audit could not be held: {error}")
        return 2
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130
    if asked.json:
        asked.json.write_text(json.dumps(report.as_json(), indent=1, default=str))
    say("\n" + report.table())
    say(
        f"\n{len(report.left_out)} addresses are left out for a reason (--json lists them). {report.measured['seconds']} s."
    )
    say(
        "GREEN"
        if report.passed
        else f"RED: {len(report.findings)} findings; never looked: {', '.join(report.idle()) or 'none'}"
    )
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
