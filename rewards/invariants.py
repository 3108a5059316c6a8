"""What must hold between the views, the statements and the books."""

from portal.ledger.invariants import proves
from portal.ledger.queries import posted
from rewards.actions import line_target, recompute_everybody
from rewards.models import MonthStatement, StatementLine


@proves("I11", outside=True)
def the_newest_month_can_be_computed_again() -> list[str]:
    """From the files of views, without a transaction: they may be many. Older months were proved when they were new."""
    newest = MonthStatement.objects.order_by("-month").values_list("month", flat=True).first()
    if newest is None:
        return []
    return [
        f"statement {again.statement}: {again.statement.amount_minor} frozen, {again.amount_minor} computed again"
        for again in recompute_everybody(month=newest)
        if not again.is_equal
    ]


@proves("I11")
def the_books_hold_what_the_newest_statements_say() -> list[str]:
    newest = MonthStatement.objects.order_by("-month").values_list("month", flat=True).first()
    if newest is None:
        return []
    wrong = []
    for line in StatementLine.objects.filter(statement__month=newest).select_related("statement__creator", "clip"):
        implied = {code: amount for code, amount in line_target(line).items() if amount}
        held = posted(line.source)
        if held != implied:
            wrong.append(f"{line.source}: {held} in the books, the statement implies {implied}")
    return wrong
