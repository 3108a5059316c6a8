"""What was paid: a fan's receipts on the page and on paper, what will be charged, and the creator's view of a payment."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.access import CreatorRequest, creator_only
from portal.kit.access import public, signed_in
from portal.kit.page import page
from portal.kit.tables import csv_response
from subscriptions.actions.calendar import renew_feed
from subscriptions.feed import payment_feed
from subscriptions.models import CalendarFeed
from subscriptions.queries import receipts as questions
from subscriptions.queries.calendar import grouped_by_year
from subscriptions.queries.calendar import payment_calendar as calendar_of
from subscriptions.queries.payments import paid_by, paid_to, payment
from subscriptions.queries.refunds import Payment
from subscriptions.queries.revenue import month_span
from subscriptions.receipt_pdf import receipt_pdf as on_paper
from subscriptions.views.creators import private
from subscriptions.views.requests import PersonRequest
from subscriptions.views.revenue import month_asked

A_PAGE = 50


def _visible_receipt(request: PersonRequest, public_id: str) -> Payment:
    """A fan's own; staff see all."""
    found = payment(public_id=public_id)
    if found is None or not (request.user.is_staff or found.payer.pk == request.user.pk):
        raise Http404
    return found


@signed_in
@require_safe
def receipt(request: PersonRequest, public_id: str) -> HttpResponse:
    """Where each cent of a payment went, from the books."""
    invoice = _visible_receipt(request, public_id)
    context = {"invoice": invoice, "split": questions.payment_split(invoice=invoice), "seller": settings.RECEIPT_SELLER}
    return private(page(request, "subscriptions/receipt.html", context))


@signed_in
@require_safe
def receipt_pdf(request: PersonRequest, public_id: str) -> HttpResponse:
    """The same on paper."""
    invoice = _visible_receipt(request, public_id)
    file = on_paper(invoice=invoice, split=questions.payment_split(invoice=invoice))
    answer = HttpResponse(file, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{invoice.number}.pdf"'
    return private(answer)


@signed_in
@require_safe
def receipt_list(request: PersonRequest) -> HttpResponse:
    """Everything a fan has paid, year by year, and as a file."""
    years = paid_by(fan=request.user).years()
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and int(asked) in years else None
    rows = questions.receipts_of(fan=request.user, year=year)
    if request.GET.get("format") == "csv":
        name = f"receipts-{year}" if year else "receipts"
        return private(csv_response(name, questions.SHEET_HEADER, questions.sheet_rows(questions.receipt_lines(rows))))
    found = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    lines = questions.receipt_lines(found.object_list)
    context = {
        "years": years,
        "year": year,
        "found": found,
        "lines": lines,
        "totals": questions.totals_of(lines),
    }
    return private(page(request, "subscriptions/receipt_list.html", context))


@signed_in
@require_safe
def payment_calendar(request: PersonRequest) -> HttpResponse:
    """What will be charged in the coming twelve months, and when."""
    calendar = calendar_of(fan=request.user, now=timezone.now())
    context = {
        "calendar": calendar,
        "years": grouped_by_year(calendar.months),
        "feed": CalendarFeed.objects.filter(fan=request.user).first(),
    }
    return private(page(request, "subscriptions/payment_calendar.html", context))


@signed_in
@require_POST
def calendar_feed(request: PersonRequest) -> HttpResponse:
    """A private address for a calendar program; asking again makes a new one and ends the old."""
    renew_feed(user=request.user, now=timezone.now())
    messages.success(request, _("This is the address of your calendar. Whoever knows it can read your payments."))
    return redirect("payment_calendar")


@public
@require_safe
def calendar_file(request: HttpRequest, token: str) -> HttpResponse:
    """What a calendar program reads; the token in the address is the key."""
    feed = get_object_or_404(CalendarFeed.objects.select_related("fan"), token=token, fan__is_active=True)
    now = timezone.now()
    text = payment_feed(calendar_of(fan=feed.fan, now=now).charges, now=now)
    return private(HttpResponse(text, content_type="text/calendar; charset=utf-8"))


@creator_only
@require_safe
def payment_list(request: CreatorRequest) -> HttpResponse:
    """What was paid, newest first; each leads to its entries in the books."""
    rows, month = paid_to(creator=request.creator), month_asked(request)
    if month is not None:
        rows = rows.between(*month_span(month))
    found = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    lines = questions.receipt_lines(found.object_list)
    return page(request, "subscriptions/payment_list.html", {"found": found, "lines": lines, "month": month})


@creator_only
@require_safe
def payment_detail(request: CreatorRequest, public_id: str) -> HttpResponse:
    """One payment: where each cent went, by which share, and the entries that say so."""
    invoice = payment(public_id=public_id)
    if invoice is None or invoice.payee.pk != request.creator.pk:
        raise Http404
    context = {"invoice": invoice, "split": questions.payment_split(invoice=invoice)}
    return page(request, "subscriptions/payment_detail.html", context)
