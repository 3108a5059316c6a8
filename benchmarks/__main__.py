"""`make bench`: every benchmark, one after the other, each in a process of its own.

Each prints its workload, both sides, the ratio, the goal, and the command that repeats it. Exit 1 if one of them broke
or missed a goal; the others still run.
"""

import subprocess
import sys

BENCHMARKS = ("rating", "ledger_entry", "redirect", "creator_page", "perks", "member_list", "invoice_events")


def main() -> int:
    codes = {}
    for name in BENCHMARKS:
        print(f"\n=== {name} ===", flush=True)
        codes[name] = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
    print()
    for name, code in codes.items():
        print(f"  {name:<14} {'done' if code == 0 else 'missed a goal or broke: see above'}")
    return 1 if any(codes.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
