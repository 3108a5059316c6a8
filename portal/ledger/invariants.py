"""What must hold of the books at any moment, and the checks that prove it.

The sentences are here; every app that knows rows of its own brings checks in its `invariants.py`:

    @proves("I8")
    def transit_equals_payouts_on_their_way() -> list[str]: ...   # one sentence for each offending row

A check that asks the outside (the payment provider) says `@proves("I7", outside=True)`: it runs in no transaction.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from portal.ledger.chart import KINDS, currency_of
from portal.ledger.guards import missing_guards
from portal.ledger.models import Account, Batch, Entry, Line, Snapshot
from portal.ledger.pen import lines_digest

SENTENCES: dict[str, str | Promise] = {
    "I1": _("Every entry sums to zero in every currency, has two lines or more, and no line of zero."),
    "I2": _("What is posted never changes: every entry still has the lines it was posted with, and is guarded."),
    "I3": _("One outside fact is posted once: no key and no step of a source is there twice."),
    "I4": _("Every cent of a creator is in at most one payout, and a payout is the sum of its items."),
    "I5": _("Nobody is paid more than was available; pending and held money never leaves."),
    "I6": _("Every cent a creator earned is owed to them, on its way, or paid."),
    "I7": _("Our books and the payment provider agree: the same balance, the same transfers, both ways."),
    "I8": _("Money on its way is exactly the sum of the payouts that are not yet confirmed."),
    "I9": _("A statement's opening and its lines make its closing, and the next one opens with it."),
    "I10": _("Money that a charge loses twice is the platform's loss, never the creator's a second time."),
    "I11": _("A closed month's rewards can be computed again from the views and the rate card, with the same result."),
    "I12": _("Every entry is sealed."),
    "I13": _("Every kept balance equals the sum of its lines."),
}
# Sources of these kinds take money from a creator by intent; for all others I10 holds.
TAKING = ("payout", "payout_fee", "withholding", "debt", "manual")
MOST_SHOWN = 50


@dataclass(frozen=True)
class Check:
    """`find()` returns a sentence for each offending row; none means that it holds."""

    code: str
    name: str
    find: Callable[[], Iterable[str]]
    outside: bool = False


@dataclass
class Finding:
    """What the checks of one invariant found; `unanswered` is why the outside could not be asked.

    `checks` is empty when no app proves it yet.
    """

    code: str
    checks: list[str] = field(default_factory=list)
    offenders: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        return str(SENTENCES[self.code])

    @property
    def state(self) -> str:
        if self.offenders:
            return "broken"
        return "holds" if self.checks and not self.unanswered else "unproved"

    def as_row(self) -> dict[str, object]:
        """What a kept proof says of it; the offending rows are cut at the first fifty, their number is not."""
        return {
            "code": self.code,
            "state": self.state,
            "checks": self.checks,
            "count": len(self.offenders),
            "offenders": self.offenders[:MOST_SHOWN],
            "unanswered": self.unanswered,
        }


CHECKS: dict[str, Check] = {}


def proves(code: str, *, outside: bool = False) -> Callable[[Callable[[], Iterable[str]]], Callable[[], Iterable[str]]]:
    """Register a check of invariant `code`: a function without arguments that returns the offending rows as sentences."""
    if code not in SENTENCES:
        raise ValueError(f"there is no invariant {code!r}")

    def remember(find: Callable[[], Iterable[str]]) -> Callable[[], Iterable[str]]:
        name = f"{find.__module__}.{find.__name__}"
        CHECKS[name] = Check(code, name, find, outside)
        return find

    return remember


def findings(*, outside: bool = True, within: str = "") -> list[Finding]:
    """Run every check (of the package `within`) and group what was found by invariant, I1 first."""
    autodiscover_modules("invariants")
    found = {code: Finding(code) for code in SENTENCES}
    for check in sorted(CHECKS.values(), key=lambda check: check.name):
        if (check.outside and not outside) or not check.name.startswith(within):
            continue
        finding = found[check.code]
        finding.checks.append(check.name)
        try:
            finding.offenders += _run(check)
        except Exception as error:
            if not check.outside:
                raise
            finding.unanswered.append(f"{check.name}: {error}")
    return list(found.values())


def offenders(within: str = "") -> dict[str, list[str]]:
    """Code → offending rows of every broken invariant that can be proved from our own rows; empty when all holds."""
    found = findings(outside=False, within=within)
    return {finding.code: finding.offenders for finding in found if finding.offenders}


def _run(check: Check) -> list[str]:
    if check.outside or connection.vendor == "sqlite" or connection.in_atomic_block:
        return list(check.find())
    with transaction.atomic():
        # All queries of a check see the same moment, whatever is posted meanwhile.
        connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return list(check.find())


@proves("I1")
def entries_balance() -> list[str]:
    sums = Line.objects.values("entry__key", "currency").annotate(rest=Sum("amount")).exclude(rest=0)
    found = [f"{row['entry__key']}: {row['rest']:+d} {row['currency']} too much" for row in sums]
    few = Entry.objects.annotate(count=Count("lines")).filter(count__lt=2)
    found += [f"{entry.key}: {entry.count} lines" for entry in few]
    astray = Line.objects.exclude(currency=F("account__currency")).select_related("entry", "account")
    found += [f"{line.entry.key}: a line in {line.currency} on {line.account.code}" for line in astray]
    return found + [
        f"{line.entry.key}: a line of zero" for line in Line.objects.filter(amount=0).select_related("entry")
    ]


@proves("I1")
def accounts_are_in_the_chart() -> list[str]:
    codes = Account.objects.values_list("code", "currency")
    return [code for code, currency in codes if code.split(":")[0] not in KINDS or currency_of(code) != currency]


@proves("I2")
def entries_have_the_lines_they_were_posted_with() -> list[str]:
    found = []
    moved: dict[str, int] = {}
    rows = Line.objects.order_by("entry_id").values_list(
        "entry_id", "entry__key", "entry__digest", "account__code", "amount"
    )
    last: tuple[int, str, str] | None = None
    for entry_id, key, digest, code, amount in rows.iterator(chunk_size=5000):
        if last and last[0] != entry_id:
            found += _other_lines(last, moved)
            moved = {}
        last = (entry_id, key, digest)
        moved[code] = moved.get(code, 0) + amount
    return found + (_other_lines(last, moved) if last else [])


def _other_lines(entry: tuple[int, str, str], moved: dict[str, int]) -> list[str]:
    _id, key, digest = entry
    return [] if lines_digest(moved) == digest else [f"{key}: its lines are not those it was posted with: {moved}"]


@proves("I2")
def guards_are_in_place() -> list[str]:
    return [f"missing guard: {name}" for name in missing_guards()]


@proves("I3")
def keys_are_used_once() -> list[str]:
    twice = Entry.objects.values("key").annotate(count=Count("id")).filter(count__gt=1)
    return [f"{row['key']}: {row['count']} entries" for row in twice]


@proves("I3")
def sources_count_their_entries() -> list[str]:
    rows = Entry.objects.filter(source__isnull=False, key__startswith=F("source__name")).values(
        "source__name", "source__version"
    )
    wrong = rows.annotate(count=Count("id")).exclude(count=F("source__version"))
    return [f"{row['source__name']}: {row['count']} entries, version {row['source__version']}" for row in wrong]


@proves("I5")
def kept_money_is_never_overdrawn() -> list[str]:
    kept = Q(account__code__regex=r"^creator:[^:]+:(pending|held):") | Q(account__code__startswith="transit:")
    rows = Line.objects.filter(kept).values("account__code").annotate(total=Sum("amount")).filter(total__gt=0)
    return [f"{row['account__code']}: {row['total']} more left than came in" for row in rows]


@proves("I10")
def no_source_costs_its_creator_more_than_it_brought() -> list[str]:
    rows = Line.objects.filter(account__code__startswith="creator:", entry__source__isnull=False).exclude(
        entry__kind__in=TAKING
    )
    sums = rows.values("entry__source__name", "currency").annotate(total=Sum("amount")).filter(total__gt=0)
    return [f"{row['entry__source__name']}: the creator lost {row['total']} {row['currency']} by it" for row in sums]


@proves("I12")
def entries_are_sealed() -> list[str]:
    return [entry.key for entry in Entry.objects.filter(seal__isnull=True)]


@proves("I13")
def snapshots_equal_their_lines() -> list[str]:
    """Each batch adds to the one before, so it is enough to prove the newest snapshot of every account."""
    newest = Batch.objects.order_by("-upto_line").first()
    if newest is None:
        return []
    upto = newest.upto_line
    summed = Line.objects.filter(pk__lte=upto).values_list("account__code").annotate(total=Sum("amount"))
    kept: dict[str, int] = {}
    for code, total in Snapshot.objects.order_by("upto_line").values_list("account__code", "balance"):
        kept[code] = total
    lines = dict(summed.values_list("account__code", "total"))
    wrong = [code for code in {*lines, *kept} if lines.get(code, 0) != kept.get(code, 0)]
    return [f"{code}: kept {kept.get(code, 0)}, its lines say {lines.get(code, 0)}" for code in sorted(wrong)]
