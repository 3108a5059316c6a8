from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.accounts.access import creator_only, payout_details_guard
from portal.kit.access import machine
from portal.kit.jobs import enqueue
from portal.kit.page import page
from portal.kit.refusal import Refusal
from portal.payments import actions, gateway, inbox
from portal.payments.models import PayoutAccount

# The provider's largest events are far smaller; whoever sends more is somebody else.
LARGEST_EVENT_BYTES = 512 * 1024


@machine
@csrf_exempt
@require_POST
def stripe_event(request: HttpRequest) -> HttpResponse:
    """The provider's snapshot events."""
    return _receive(request, secret=settings.STRIPE_WEBHOOK_SECRET, object_name="event")


@machine
@csrf_exempt
@require_POST
def stripe_thin_event(request: HttpRequest) -> HttpResponse:
    """The provider's thin events (Accounts v2), at their own address with their own secret."""
    return _receive(request, secret=settings.STRIPE_THIN_WEBHOOK_SECRET, object_name="v2.core.event")


def _receive(request: HttpRequest, *, secret: str, object_name: str) -> HttpResponse:
    """Verify, store once, wake a worker, answer. Nothing else happens while the provider waits."""
    if not secret:
        return _problem(404, "Off", "No secret is set for this address, so nothing is taken here.")
    if int(request.headers.get("Content-Length") or 0) > LARGEST_EVENT_BYTES or len(request.body) > LARGEST_EVENT_BYTES:
        return _problem(413, "Too large", f"An event has at most {LARGEST_EVENT_BYTES} bytes.")
    try:
        payload = gateway.verified(request.body, request.headers.get("Stripe-Signature", ""), secret)
    except gateway.BadSignature as error:
        return _problem(400, "Signature does not hold", str(error))
    except ValueError:
        return _problem(400, "Not an event", "The body is not a JSON object.")
    if payload.get("object") != object_name:
        return _problem(400, "Wrong address", f"This address takes {object_name} objects.")
    if (
        not all(isinstance(payload.get(name), str) and payload[name] for name in ("id", "type"))
        or "created" not in payload
    ):
        return _problem(400, "Not an event", "An event has an id, a type and the time it was created.")
    if bool(payload.get("livemode")) != gateway.is_live():
        return _problem(400, "Wrong mode", "The event is of test mode and the portal is not, or the other way round.")
    enqueue("payments.handle_event", event_id=inbox.store(payload=payload, now=timezone.now()))
    return JsonResponse({"received": True})


def _problem(status: int, title: str, detail: str) -> HttpResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")


@creator_only
@require_http_methods(["GET", "POST"])
def payout_account(request: HttpRequest) -> HttpResponse:
    """Where a creator's money goes; a POST leads on to the provider, who asks for the details."""
    if request.method == "POST":
        return _go_to_provider(request)
    account = PayoutAccount.objects.filter(creator=request.creator).first()  # type: ignore[attr-defined]
    return page(request, "payments/payout_account.html", {"account": account})


@payout_details_guard
def _go_to_provider(request: HttpRequest) -> HttpResponse:
    try:
        return redirect(actions.onboarding_link(creator=request.creator, now=timezone.now()))  # type: ignore[attr-defined]
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("payout_account")


@creator_only
@require_GET
def payout_account_return(request: HttpRequest) -> HttpResponse:
    """Back from the provider. Returning proves nothing: how the account stands is read there."""
    account = PayoutAccount.objects.filter(creator=request.creator).first()  # type: ignore[attr-defined]
    if account is not None:
        try:
            actions.read_bank(account=account, now=timezone.now())
            account = actions.read_payout_account(account=account, now=timezone.now())
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            _say_how_it_stands(request, account)
    return redirect("payout_account")


def _say_how_it_stands(request: HttpRequest, account: PayoutAccount) -> None:
    if account.is_ready:
        messages.success(request, _("Your payout account is ready. The next payout will reach you there."))
    else:
        messages.info(request, _("Your payout account is not finished yet. You can go on at any time."))


@creator_only
@require_GET
def payout_account_refresh(request: HttpRequest) -> HttpResponse:
    """The provider sends people here whose address had expired or was used before."""
    messages.info(request, _("That address works only once. Press the button to go on."))
    return redirect("payout_account")
