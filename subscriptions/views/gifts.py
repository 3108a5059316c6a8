"""Gifts: bought and sent by one person, claimed by whoever has the link, seen by the creator."""

from contextlib import suppress

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import creator_only
from portal.accounts.models import User
from portal.kit.access import public, signed_in
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions import gifts as deeds
from subscriptions.actions.purchases import refresh_purchase, require_returnable
from subscriptions.actions.quotes import quote_gift
from subscriptions.actions.refunds import refund_invoice
from subscriptions.forms.gifts import DeliveryForm, GiftForm
from subscriptions.models import Gift, Tier
from subscriptions.queries.gifts import claim_effect, gift_choices, gifts_bought, gifts_of_creator
from subscriptions.queries.plans import titles
from subscriptions.views.creators import private
from subscriptions.views.requests import CreatorRequest, PersonRequest

# Wrong links that one address may try in an hour. The secret has 160 bits; this keeps the log readable.
MOST_WRONG, AN_HOUR = 20, 3_600


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def gift_new(request: PersonRequest, handle: str, public_id: str) -> HttpResponse:
    """Give a tier: how long, to whom, with which words; then to the offer in writing."""
    now = timezone.now()
    rows = Tier.objects.select_related("creator").filter(published_at__isnull=False)
    tier = get_object_or_404(rows, creator__handle=handle, public_id=public_id)
    choices = gift_choices(tier=tier, at=now)
    form = GiftForm(request.POST or None, choices=choices, initial={"months": choices[0][0] if choices else ""})
    if request.method == "POST" and form.is_valid():
        try:
            quote = quote_gift(fan=request.user, tier=tier, months=form.cleaned_data["months"], now=now)
            deeds.write_gift(quote=quote, now=now, **form.words)
            return redirect("quote", quote.public_id)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    context = {"tier": tier, "creator": tier.creator, "form": form, "titles": titles(tier), "choices": choices}
    return private(page(request, "subscriptions/gift_new.html", context, status=422 if form.errors else 200))


@signed_in
@require_safe
def gift_list(request: PersonRequest) -> HttpResponse:
    """Everything a person has given."""
    now = timezone.now()
    found = [(gift, gift.state(now)) for gift in gifts_bought(buyer=request.user)]
    return private(page(request, "subscriptions/gift_list.html", {"gifts": found}))


@signed_in
@require_safe
def gift_detail(request: PersonRequest, public_id: str) -> HttpResponse:
    """One gift for its buyer: the link, how it stands, and what can be done about it."""
    gift, now = _own_gift(request, public_id), timezone.now()
    if gift.purchase is None:
        return redirect("quote", gift.quote.public_id)
    if not gift.is_paid:
        with suppress(Refusal):
            refresh_purchase(purchase=gift.purchase, now=now)
        gift = _own_gift(request, public_id)
    context = {
        "gift": gift,
        "state": gift.state(now),
        "form": DeliveryForm(
            initial={
                "recipient_name": gift.recipient_name,
                "recipient_email": gift.recipient_email,
                "deliver_on": gift.deliver_at.date() if gift.deliver_at else None,
            }
        ),
        "may_go_back": deeds.is_returnable(gift, now),
    }
    return private(page(request, "subscriptions/gift_detail.html", context))


@signed_in
@require_POST
def gift_delivery(request: PersonRequest, public_id: str) -> HttpResponse:
    """Another recipient or day before the mail is out; afterwards, the same mail again."""
    gift, now = _own_gift(request, public_id), timezone.now()
    try:
        if "again" in request.POST:
            deeds.resend_gift(gift=gift, by=request.user, now=now)
            messages.success(request, _("The mail is on its way once more."))
        elif (form := DeliveryForm(request.POST)).is_valid():
            deeds.redirect_gift(gift=gift, by=request.user, now=now, **form.words)
            messages.success(request, _("Changed."))
        else:
            messages.error(request, str(next(iter(next(iter(form.errors.values()))))))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("gift_detail", gift.public_id)


@signed_in
@require_POST
def gift_return(request: PersonRequest, public_id: str) -> HttpResponse:
    """The buyer wants the money back, before anybody has claimed it."""
    gift, now = _own_gift(request, public_id), timezone.now()
    try:
        require_returnable(gift=gift, by=request.user, now=now)
        assert gift.purchase is not None
        refund_invoice(invoice=gift.purchase, amount_minor=None, by=None, reason="returned by the buyer", now=now)
        messages.success(request, _("The money is on its way back to you. The link no longer works."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("gift_detail", gift.public_id)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def gift_claim(request: HttpRequest, public_id: str, secret: str) -> HttpResponse:
    """What somebody was given, what claiming it means for them, and the button."""
    now, key = timezone.now(), f"gift-claim:{request.META.get('REMOTE_ADDR', '')}"
    if cache.get(key, 0) >= MOST_WRONG:
        return HttpResponse(_("Too many links that do not exist. Try again in an hour."), status=429)
    rows = Gift.objects.select_related("buyer", "creator", "tier", "purchase", "grant")
    gift = rows.filter(public_id=public_id).first()
    if gift is None or not gift.opens_with(secret):
        cache.add(key, 0, AN_HOUR)
        with suppress(ValueError):  # It ran out between the two lines.
            cache.incr(key)
        raise Http404(str(deeds.GiftLinkIsWrong()))
    person = request.user if isinstance(request.user, User) else None
    if request.method == "POST":
        if person is None:
            return redirect_to_login(request.get_full_path())
        try:
            deeds.claim_gift(gift=gift, secret=secret, by=person, now=now)
            return redirect(request.get_full_path())
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())
    context = {"gift": gift, "titles": titles(gift.tier), "is_mine": person is not None and gift.redeemer == person}
    try:
        if not (context["is_mine"] and gift.withdrawn_at is None):
            deeds.require_claimable(gift=gift, by=person, now=now)
            context["effect"] = claim_effect(gift=gift, fan=person, at=now) if person else None
    except Refusal as refusal:
        context["refusal"] = refusal
    answer = private(page(request, "subscriptions/gift_claim.html", context))
    # The address is the key: no page it leads to may learn it.
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@creator_only
@require_safe
def creator_gift_list(request: CreatorRequest) -> HttpResponse:
    """Gifts of a creator's tiers: who gave, who came in with it, and where its money stands."""
    now = timezone.now()
    found = [(gift, gift.state(now)) for gift in gifts_of_creator(creator=request.creator)[:200]]
    return private(page(request, "subscriptions/creator_gift_list.html", {"gifts": found}))


def _own_gift(request: PersonRequest, public_id: str) -> Gift:
    rows = Gift.objects.select_related("purchase", "quote", "creator", "tier", "redeemer", "grant", "buyer")
    return get_object_or_404(rows, public_id=public_id, buyer=request.user)
