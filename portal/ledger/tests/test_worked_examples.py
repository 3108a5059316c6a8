"""docs/money.md, run: each worked example goes through the real rules and the real ledger. Doc and code cannot drift."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest
import yaml
from django.conf import settings

from portal.kit.money import parse_money
from portal.ledger import chart, invariants
from portal.ledger.actions import post, posted_lines, settle
from portal.ledger.queries import books
from portal.ledger.tests.seeded_bugs import BUGS
from portal.payouts import postings as payouts
from rewards import postings as rewards
from shop import postings as shop
from subscriptions import postings as subscriptions
from subscriptions import proration

TEXT = (settings.BASE_DIR / "docs" / "money.md").read_text()
ROW = re.compile(r"^\| `([^`]+)` \| *([\d.]*) *\| *([\d.]*) *\|$", re.MULTILINE)
Facts = dict[str, Any]


@dataclass
class Step:
    """One yaml block, the entry the doc promises for it, and the whole books when the doc shows them."""

    said: Facts
    tables: list[dict[str, int]] = field(default_factory=list)


def amounts(table: str) -> dict[str, int]:
    found = {}
    for code, debit, credit in ROW.findall(table):
        currency = chart.currency_of(code)
        assert bool(debit) != bool(credit), f"{code} needs one amount"
        found[code] = parse_money(debit, currency) if debit else -parse_money(credit, currency)
    return found


def stories() -> dict[str, list[Step]]:
    told = TEXT.split("## Worked examples", 1)[1].split("\n## ", 1)[0]
    found = {}
    for story in told.split("\n### ")[1:]:
        title, body = story.split("\n", 1)
        steps: list[Step] = []
        for block, table in re.findall(r"```yaml\n(.*?)```|((?:^\|[^\n]*\n)+)", body, re.DOTALL | re.MULTILINE):
            if block:
                steps.append(Step(yaml.safe_load(block)))
            else:
                steps[-1].tables.append(amounts(table))
        found[title] = steps
    return found


def invoice(facts: Facts) -> dict[str, int]:
    return subscriptions.invoice_target(subscriptions.InvoiceFacts(**{"creator": "mika", "currency": "usd"} | facts))


def pool(facts: Facts) -> dict[str, int]:
    seats = [subscriptions.SeatFacts(**seat) for seat in facts["seats"]]
    gone = facts.get("refunded", 0)
    assert subscriptions.spread_back(gone, [seat.gross for seat in reversed(seats)]) == [
        seat.gone for seat in reversed(seats)
    ]
    known = {name: value for name, value in facts.items() if name != "seats"}
    return subscriptions.pool_target(
        subscriptions.InvoiceFacts(**{"creator": "mika", "currency": "usd"} | known), seats
    )


def upgrade(facts: Facts) -> dict[str, int]:
    moments = {name: facts[name] for name in ("start", "end", "at")}
    billed = proration.Debit(facts["billed"], facts["start"], facts["end"])
    charge = proration.charge_in_period(debit=billed, price_minor=facts["price"], **moments)
    return invoice({"gross": charge, "fee": facts["fee"], "platform_bp": facts["platform_bp"]})


def order(facts: Facts) -> dict[str, int]:
    returns = [shop.Returned(quantity, amount) for quantity, amount in facts.get("returns", [])]
    back = shop.returned_base(paid_minor=facts["paid"], quantity=facts["quantity"], returns=returns)
    rates = {name: facts[name] for name in ("rate_bp", "fee_bp", "bucket")}
    return shop.order_target(creator="mika", brand="juniper", currency="usd", left_minor=facts["paid"] - back, **rates)


def reserved(facts: Facts) -> dict[str, int]:
    lines = [(fact, amount) for fact, amount in facts["lines"]]
    look = payouts.outlook(lines, owed=facts["owed"], cap_bp=facts["cap_bp"])
    return payouts.reserved("mika", "usd", look)


RULES: dict[str, Callable[[Facts], dict[str, int]]] = {
    "invoice": invoice,
    "pool": pool,
    "upgrade": upgrade,
    "order": order,
    "top_up": lambda facts: shop.top_up_target(brand="juniper", currency="usd", **facts),
    "reward": lambda facts: rewards.reward(creator="mika", currency="usd", **facts),
    "reserved": reserved,
    "sent": lambda facts: payouts.sent("mika", "usd", facts["amount"]),
    "given_back": lambda facts: payouts.given_back("mika", "usd", facts["amount"]),
    "returned": lambda facts: payouts.returned("mika", "usd", facts["amount"]),
    "lines": lambda facts: facts,
}


@pytest.mark.django_db
@pytest.mark.parametrize("title", stories())
def test_an_example_is_as_the_doc_tells_it(title: str, noon: datetime) -> None:
    known: dict[str, Facts] = {}
    for step in stories()[title]:
        rule, facts = RULES[step.said["rule"]], step.said["facts"]
        if source := step.said.get("settle"):
            # Facts of a source are kept: a step tells only what has moved.
            known[source] = known.get(source, {}) | facts
            entry = settle(source=source, target=rule(known[source]), at=noon)
        else:
            entry = post(key=step.said["post"], kind=step.said["post"].split(":")[0], lines=rule(facts), at=noon)
        assert entry is not None
        assert posted_lines(entry) == step.tables[0]
        if step.tables[1:]:
            assert books() == step.tables[1]
    assert invariants.offenders("portal.ledger") == {}


def test_there_are_examples_of_everything() -> None:
    told = [step for steps in stories().values() for step in steps]
    assert len(told) >= 25
    assert {step.said["rule"] for step in told} == RULES.keys()
    assert all(step.tables for step in told)


@pytest.mark.parametrize("module", [subscriptions, shop, rewards, payouts], ids=lambda module: module.__name__)
def test_every_posting_has_an_example(module: ModuleType) -> None:
    """A new posting without an example in the doc fails here."""
    here = inspect.getsource(inspect.getmodule(invoice))  # type: ignore[arg-type]
    short = {subscriptions: "subscriptions", shop: "shop", rewards: "rewards", payouts: "payouts"}[module]
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__ and not name.startswith("_"):
            assert f"{short}.{name}(" in here, f"{module.__name__}.{name} has no worked example in docs/money.md"


def test_the_chart_in_the_doc_is_the_chart() -> None:
    table = TEXT.split("## The chart of accounts", 1)[1].split("\n## ", 1)[0]
    told = dict(re.findall(r"^\| `([^`]+)` \| (\w+) \|", table, re.MULTILINE))
    filled = {code.format(creator="c1", brand="b1", currency="usd"): kind for code, kind in told.items()}
    there = set()
    for name, function in inspect.getmembers(chart, inspect.isfunction):
        wanted = list(inspect.signature(function).parameters)
        if wanted and wanted[-1] == "currency":
            values = {"creator": "c1", "brand": "b1", "currency": "usd"}
            there.add(function(*(values[parameter] for parameter in wanted)))
        else:
            assert wanted == ["code"], f"chart.{name} is neither an account nor a question to a code"
    assert filled.keys() == there
    assert {code: chart.kind_of(code) for code in filled} == filled


def test_every_invariant_and_every_seeded_bug_is_told() -> None:
    assert re.findall(r"^\| (I\d+) \|", TEXT, re.MULTILINE) == list(invariants.SENTENCES)
    bugs = TEXT.split("## Bugs that", 1)[1].split("\n## ", 1)[0]
    assert set(BUGS) <= set(re.findall(r"^\| ([^|]+?) \|", bugs, re.MULTILINE))
