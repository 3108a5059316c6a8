"""Gift pools: a page for everybody with the rules and the proof, and the creator's own pages."""

from contextlib import suppress
from pathlib import Path

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import CreatorRequest, creator_only
from portal.accounts.models import User
from portal.kit.access import public, signed_in
from portal.kit.page import page
from portal.kit.public_ids import public_id as new_id
from portal.kit.refusal import Refusal
from subscriptions import draw
from subscriptions.actions import pools as deeds
from subscriptions.actions.pool_entries import enter_pool, leave_pool
from subscriptions.actions.pool_seats import write_funding
from subscriptions.actions.quotes import quote_seats
from subscriptions.forms.pools import CallOffForm, PoolForm, RulesChangeForm, SeatsForm
from subscriptions.models import GiftPool, PoolEntry, PoolRules
from subscriptions.queries import pools as questions
from subscriptions.queries.gifts import gift_price
from subscriptions.queries.plans import titles
from subscriptions.views.creators import private
from subscriptions.views.requests import PersonRequest

A_PAGE = 200
A_DAY = 86_400


@public
@require_safe
def pool_detail(request: HttpRequest, handle: str, public_id: str) -> HttpResponse:
    """A pool for everybody: the rules, who paid, how many entered, the draw and its proof; the way in and to pay."""
    pool, now = _pool(handle, public_id), timezone.now()
    person = request.user if isinstance(request.user, User) else None
    entry = PoolEntry.objects.filter(pool=pool, fan=person, left_at__isnull=True).first() if person else None
    givers, unnamed = questions.givers_of(pool=pool)
    context = {
        "pool": pool,
        "rules": pool.rules,
        "versions": pool.rule_versions.all(),
        "state": pool.state(now),
        "entry": entry,
        "is_owner": person is not None and pool.creator.user_id == person.pk,
        "givers": givers,
        "unnamed": unnamed,
        "entry_count": questions.entered(pool).count(),
        "seats": questions.seats_counted(pool=pool),
        "back_by": questions.back_by(pool.rules),
        "titles": titles(pool.tier),
        "form": SeatsForm(),
        "now": now,
    }
    with suppress(Refusal):
        price, context["seat_minor"] = gift_price(tier=pool.tier, months=pool.months, at=now)
        context["currency"] = price.currency
    if person is not None and entry is None and context["state"] == "open":
        try:
            questions.require_enterable(pool=pool, fan=person, at=now)
        except Refusal as refusal:
            context["refusal"] = refusal
    return private(page(request, "subscriptions/pool_detail.html", context))


@public
@require_safe
def pool_draw(request: HttpRequest, handle: str, public_id: str) -> HttpResponse:
    """Everything that is published of a draw, as a file; the stand-alone checker reads it."""
    pool = _pool(handle, public_id)
    if pool.rules.way != PoolRules.Way.DRAW:
        raise Http404
    answer = JsonResponse(questions.draw_document(pool=pool), json_dumps_params={"indent": 2})
    answer.headers["Content-Disposition"] = f'attachment; filename="pool-{pool.public_id}.json"'
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@public
@require_safe
def pool_checker(request: HttpRequest) -> HttpResponse:
    """The program that recomputes a draw: one file, nothing but Python's standard library."""
    answer = HttpResponse(Path(draw.__file__).read_bytes(), content_type="text/x-python; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="draw.py"'
    answer.headers["Cache-Control"] = f"public, max-age={A_DAY}"
    return answer


@signed_in
@require_POST
def pool_entering(request: PersonRequest, handle: str, public_id: str) -> HttpResponse:
    """Enter, or leave again while entries are open."""
    pool, now = _pool(handle, public_id), timezone.now()
    try:
        if "leave" in request.POST:
            entry = get_object_or_404(PoolEntry, pool=pool, fan=request.user)
            leave_pool(entry=entry, by=request.user, now=now)
            messages.success(request, _("You are no longer in it."))
        else:
            entry = enter_pool(pool=pool, by=request.user, now=now)
            messages.success(request, _("You are in it. Your entry is %(entry)s.") % {"entry": entry.public_id})
            return redirect("pool_entry", entry.public_id)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("pool_detail", handle, public_id)


@signed_in
@require_POST
def pool_seats(request: PersonRequest, handle: str, public_id: str) -> HttpResponse:
    """Want to pay for seats: to the offer in writing."""
    pool, now = _pool(handle, public_id), timezone.now()
    form = SeatsForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(next(iter(form.errors.values()))))))
        return redirect("pool_detail", handle, public_id)
    wish = form.cleaned_data
    try:
        quote = quote_seats(fan=request.user, pool=pool, seats=wish["seats"], now=now)
        write_funding(quote=quote, pool=pool, seats=wish["seats"], is_anonymous=wish["is_anonymous"], now=now)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("pool_detail", handle, public_id)
    return redirect("quote", quote.public_id)


@creator_only
@require_safe
def pool_list(request: CreatorRequest) -> HttpResponse:
    """A creator's pools, the newest first, with their numbers."""
    now = timezone.now()
    found = [(pool, pool.state(now)) for pool in questions.pools_of(creator=request.creator)[:A_PAGE]]
    return page(request, "subscriptions/pool_list.html", {"pools": found})


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def pool_new(request: CreatorRequest) -> HttpResponse:
    """A new pool: what a seat is, and the rules."""
    now = timezone.now()
    initial = {"key": new_id(), "who": PoolRules.Who.ASKED, "way": PoolRules.Way.DRAW}
    form = PoolForm(request.POST if request.method == "POST" else None, creator=request.creator, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            named = {name: form.cleaned_data[name] for name in ("tier", "months", "name", "words", "key")}
            pool = deeds.open_pool(creator=request.creator, wish=form.wish(now), now=now, **named)
            messages.success(request, _("It is public. Share its page."))
            return redirect("pool_studio", pool.public_id)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    return page(request, "subscriptions/pool_new.html", {"form": form}, status=422 if form.errors else 200)


@creator_only
@require_safe
def pool_studio(request: CreatorRequest, public_id: str) -> HttpResponse:
    """One pool for its creator: who paid, who entered, who was offered which seat and what became of it."""
    pool, now = _own_pool(request, public_id), timezone.now()
    found = Paginator(questions.seats_of(pool=pool), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "pool": pool,
        "rules": pool.rules,
        "state": pool.state(now),
        "entry_count": questions.entered(pool).count(),
        "seats": questions.seats_counted(pool=pool),
        "found": found,
        "back_by": questions.back_by(pool.rules),
        "form": CallOffForm(),
        "are_fixed": questions.are_fixed(pool=pool),
    }
    return private(page(request, "subscriptions/pool_studio.html", context))


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def pool_rules(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Another version of the rules, as long as nobody has paid or entered."""
    pool, now = _own_pool(request, public_id), timezone.now()
    rules = pool.rules
    initial = {name: getattr(rules, name) for name in ("who", "spoke_days", "way", "claim_days", "rounds")}
    initial |= {"opens_on": rules.opens_at.date(), "closes_on": rules.closes_at.date()}
    form = RulesChangeForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            words = form.cleaned_data["what_changed"]
            deeds.change_rules(pool=pool, by=request.user, wish=form.wish(now), what_changed=words, now=now)
            messages.success(request, _("The new version is public."))
            return redirect("pool_studio", pool.public_id)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    context = {"pool": pool, "form": form}
    return page(request, "subscriptions/pool_rules.html", context, status=422 if form.errors else 200)


@creator_only
@require_POST
def pool_call_off(request: CreatorRequest, public_id: str) -> HttpResponse:
    """It does not happen: everything goes back."""
    pool = _own_pool(request, public_id)
    try:
        deeds.call_off_pool(pool=pool, by=request.user, reason=request.POST.get("reason", ""), now=timezone.now())
        messages.success(request, _("It is called off. Every seat goes back to who paid for it."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("pool_studio", pool.public_id)


def _pool(handle: str, public_id: str) -> GiftPool:
    rows = GiftPool.objects.select_related("creator__user", "tier__creator").prefetch_related("rule_versions")
    return get_object_or_404(rows, creator__handle=handle, public_id=public_id)


def _own_pool(request: CreatorRequest, public_id: str) -> GiftPool:
    rows = GiftPool.objects.select_related("creator__user", "tier").prefetch_related("rule_versions")
    return get_object_or_404(rows, creator=request.creator, public_id=public_id)
