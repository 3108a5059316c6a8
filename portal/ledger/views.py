"""The books may be looked at: the proof by everyone, an entry by staff and by the creator whose money it moves."""

from collections.abc import Collection
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.accounts.access import creator_of
from portal.kit.access import public, signed_in, staff_only
from portal.kit.page import page
from portal.ledger.chart import KINDS, creator_of_account, kind_of
from portal.ledger.concerns import concerns
from portal.ledger.invariants import SENTENCES
from portal.ledger.models import Account, BooksProof, Entry, Line, Source
from portal.ledger.queries import balance, balances, explain, newest_proof

LINES_A_PAGE = 40
# Kinds whose balance is a credit: shown with the sign turned, so that what there is reads as a positive amount.
CREDIT = ("liability", "income", "equity")


@public
@require_safe
def books(request: HttpRequest) -> HttpResponse:
    """The last proof of the books. Sums only: nobody's own amount is on it."""
    proof = newest_proof()
    findings = [_told(finding, request.user.is_staff) for finding in proof.findings] if proof else []
    context = {
        "proof": proof,
        "findings": findings,
        "totals": _totals(proof) if proof else [],
        "earlier": BooksProof.objects.order_by("-proved_at", "-pk")[1:15],
        "concerns": concerns(now=timezone.now()),
    }
    return page(request, "ledger/books.html", context)


@staff_only
@require_safe
def ledger_account_list(request: HttpRequest) -> HttpResponse:
    """All accounts and what they hold, found by the beginning of their code."""
    prefix = request.GET.get("prefix", "").strip()[:120]
    kind = request.GET.get("kind", "")
    rows = [
        {"code": code, "kind": kind_of(code), "amount": amount, "currency": code.rpartition(":")[2]}
        for code, amount in balances(*([prefix] if prefix else [])).items()
        if kind in ("", kind_of(code))
    ]
    context = {
        "accounts": Paginator(rows, LINES_A_PAGE).get_page(request.GET.get("page")),
        "prefix": prefix,
        "kind": kind,
        "kinds": list(dict.fromkeys(KINDS.values())),
    }
    return page(request, "ledger/ledger_account_list.html", context)


@signed_in
@require_safe
def ledger_account(request: HttpRequest, code: str) -> HttpResponse:
    """One account: what it holds, and each line that made it so. For staff, and for the creator whose it is."""
    account = get_object_or_404(Account, code=code)
    if not _may_see(request, [code]):
        raise Http404
    sign = -1 if kind_of(code) in CREDIT else 1
    total = balance(code)
    context = {"account": account, "kind": kind_of(code), "balance": sign * total}
    if request.GET.get("by") == "source":
        context["chain"] = explain(code, sign=sign)
    else:
        lines = account.lines.select_related("entry__source").order_by("-pk")
        context["lines"] = shown = Paginator(lines, LINES_A_PAGE).get_page(request.GET.get("page"))
        context["rows"] = _with_running(lines, list(shown), total, sign)
    return page(request, "ledger/ledger_account.html", context)


@signed_in
@require_safe
def ledger_entry(request: HttpRequest, key: str) -> HttpResponse:
    """One entry with its lines. A creator sees the lines on their own accounts."""
    entry = get_object_or_404(Entry.objects.select_related("source", "seal"), key=key)
    lines = _visible(request, entry.lines.select_related("account").order_by("pk"))
    if not lines:
        raise Http404
    context = {
        "entry": entry,
        "lines": lines,
        "others": None if request.user.is_staff else entry.lines.count() - len(lines),
    }
    return page(request, "ledger/ledger_entry.html", context)


@signed_in
@require_safe
def ledger_source(request: HttpRequest, name: str) -> HttpResponse:
    """One outside fact: what the books hold of it, and every entry that was posted for it, oldest first."""
    source = get_object_or_404(Source, name=name)
    entries = source.entries.order_by("pk")
    lines = _visible(request, Line.objects.filter(entry__source=source).select_related("account").order_by("pk"))
    if not lines:
        raise Http404
    posted: dict[str, dict[str, Any]] = {}
    for line in lines:
        row = posted.setdefault(line.account.code, {"account": line.account, "amount": 0, "credit": 0})
        row["amount"] += line.amount
        row["credit"] -= line.amount
    history = [{"entry": entry, "lines": [line for line in lines if line.entry_id == entry.pk]} for entry in entries]
    context = {
        "source": source,
        "posted": [posted[code] for code in sorted(posted) if posted[code]["amount"]],
        "history": [step for step in history if step["lines"]],
    }
    return page(request, "ledger/ledger_source.html", context)


def _may_see(request: HttpRequest, codes: Collection[str]) -> bool:
    """Staff see everything, a creator what is on their own accounts; to others it does not exist."""
    if request.user.is_staff:
        return True
    creator = creator_of(request)
    return creator is not None and any(creator_of_account(code) == creator.public_id for code in codes)


def _visible(request: HttpRequest, lines: QuerySet[Line]) -> list[Line]:
    return [line for line in lines if _may_see(request, [line.account.code])]


def _with_running(lines: QuerySet[Line], shown: list[Line], total: int, sign: int) -> list[dict[str, Any]]:
    """Newest first, each with the balance after it: the balance of today less what came later."""
    if not shown:
        return []
    later = lines.filter(pk__gt=shown[0].pk).order_by().aggregate(total=Sum("amount"))["total"] or 0
    running = total - later
    rows = []
    for line in shown:
        rows.append({"line": line, "amount": sign * line.amount, "running": sign * running})
        running -= line.amount
    return rows


def _told(finding: dict[str, Any], to_staff: bool) -> dict[str, Any]:
    """Strangers see how many rows offend; which ones, staff see: a row may name a person."""
    told = finding | {"sentence": SENTENCES.get(finding["code"], finding["code"])}
    return told if to_staff else told | {"offenders": [], "unanswered": []}


def _totals(proof: BooksProof) -> list[dict[str, Any]]:
    currencies = sorted({currency for totals in proof.totals.values() for currency in totals})
    return [
        {
            "currency": currency,
            "kinds": [
                {"kind": kind, "amount": (-1 if kind in CREDIT else 1) * proof.totals[kind].get(currency, 0)}
                for kind in proof.totals
            ],
        }
        for currency in currencies
    ]
