"""Where the URLs lie that no page links to: each is reached by the deed that leads there.

A finder is registered for a URL name and returns the path, or (path, session key) where the page belongs to one session;
None says that this portal has nothing of the kind.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urljoin, urlsplit

import html5lib
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.roles import STRANGER
from portal.audit.sessions import PASSWORD, session_of
from portal.demo.people import BY_SLUG
from portal.payments.gateway import fetch_dispute
from portal.programs.actions import invite
from portal.programs.models import Policy, Program
from portal.sandbox.engine import box
from subscriptions.actions.invoices import record_dispute
from subscriptions.models import Checkout, Comment, Invoice, PoolEntry, Purchase
from subscriptions.readings import dispute_reading

Place = str | tuple[str, str] | None
CARD_THAT_PAYS = "4242424242424242"
CARD_THAT_ASKS = "4000002760003184"
FINDERS: dict[str, Callable[["Ground"], Place]] = {}


@dataclass
class Ground:
    """What a finder may use: the sessions by role, and the paths that links led to."""

    sessions: dict[str, str]
    paths: dict[str, list[str]]
    found: dict[str, Place] = field(default_factory=dict)

    def client(self, role: str) -> Client:
        site = urlsplit(settings.SITE_URL)
        client = Client(raise_request_exception=False, SERVER_NAME=str(site.hostname), SERVER_PORT=str(site.port or 80))
        if self.sessions.get(role):
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        return client

    def press(self, role: str, path: str, **fields: str) -> str | None:
        """Send a form, and say where it leads."""
        answer = self.client(role).post(path, fields)
        return self.inside(answer.headers.get("Location"), path)

    def send(self, role: str, page: str, action: str, **fields: str) -> str | None:
        """Fill in the form of a page whose action holds `action`, as it stands there, and say where it leads."""
        body = self.client(role).get(page).content.decode(errors="replace")
        for target, given in forms_of(body):
            if action in (target or page):
                return self.press(role, urljoin(page, target or page), **{**given, **fields})
        return None

    def inside(self, location: str | None, path: str) -> str | None:
        target = urlsplit(urljoin(path, location or ""))
        return target.path + (f"?{target.query}" if target.query else "") if location else None


def finds(*names: str) -> Callable[[Callable[[Ground], Place]], Callable[[Ground], Place]]:
    def register(finder: Callable[[Ground], Place]) -> Callable[[Ground], Place]:
        FINDERS.update(dict.fromkeys(names, finder))
        return finder

    return register


@finds("invitation")
def _invitation(ground: Ground) -> Place:
    """Staff invite whoever has the link."""
    staff = User.objects.get(email=BY_SLUG["staff"].email)
    made = invite(program=Program.SUBSCRIPTIONS, by=staff, now=timezone.now())
    return reverse("invitation", args=[made.token])


@finds("quote")
def _quote(ground: Ground) -> Place:
    """Somebody who is no member presses the button that joins a tier, and has not agreed yet."""
    for page in ground.paths.get("creator_page", []):
        place = ground.send("brand", page, "/checkout/")
        if place and "/quotes/" in place:
            return place, ground.sessions["brand"]
    return None


@finds("hosted_checkout")
def _hosted_checkout(ground: Ground) -> Place:
    """They agree to what it costs, and do not pay yet. Once: a second checkout would close the first."""
    if "checkout" not in ground.found:
        quoted = _quote(ground)
        place = ground.send("brand", quoted[0], quoted[0]) if isinstance(quoted, tuple) else None
        ground.found["checkout"] = place if place and "/sandbox/" in place else None
    return ground.found["checkout"]


@finds("hosted_confirmation")
def _hosted_confirmation(ground: Ground) -> Place:
    """The card is one whose bank asks back."""
    checkout = _hosted_checkout(ground)
    if not isinstance(checkout, str):
        return None
    return ground.press(STRANGER, checkout, email="june@demo.example", card=CARD_THAT_ASKS, expiry="12/34", cvc="123")


@finds("hosted_invoice")
def _hosted_invoice(ground: Ground) -> Place:
    found = box().all("invoice", status="paid", limit=1)
    return reverse("hosted_invoice", args=[found[0]["id"]]) if found else None


@finds("hosted_portal")
def _hosted_portal(ground: Ground) -> Place:
    place = ground.press("fan", reverse("membership_card"))
    return place if place and "/sandbox/" in place else None


@finds("hosted_onboarding")
def _hosted_onboarding(ground: Ground) -> Place:
    """Noor says where her money goes."""
    place = ground.press("small-creator", reverse("payout_account"))
    return place if place and "/sandbox/" in place else None


@finds("hosted_express")
def _hosted_express(ground: Ground) -> Place:
    account = next(iter(box().all("account", limit=1)), None)
    if account is None:
        return None
    token = "audit-express"
    with box().unit():
        box().note(token, "express", account["id"])
    return reverse("hosted_express", args=[token])


@finds("pass_detail")
def _pass_detail(ground: Ground) -> Place:
    """Somebody from where cards may not recur pays for one month."""
    asha, _made = User.objects.get_or_create(
        email="asha@demo.example",
        defaults={"name": "Asha", "country": "IN", "birth_date": date(1994, 3, 2), "language": ""},
    )
    ground.sessions["asha"] = session_of(asha, "fan")
    for page in ground.paths.get("creator_page", []):
        quoted = ground.send("asha", page, "/checkout/")
        paying = ground.send("asha", quoted, quoted) if quoted else None
        if paying and "/sandbox/" in paying:
            ground.press("asha", paying, email=asha.email, card=CARD_THAT_PAYS, expiry="12/34", cvc="123")
            bought = Purchase.objects.filter(buyer=asha).latest("pk")
            return reverse("pass_detail", args=[bought.public_id]), ground.sessions["asha"]
    return None


@finds("dispute_detail")
def _dispute_detail(ground: Ground) -> Place:
    """A bank asks about the newest payment of a member."""
    paid = Invoice.objects.filter(charge__isnull=False, charge__disputes__isnull=True).order_by("-paid_at").first()
    if paid is None or paid.charge is None:
        return None
    asked = box().open_dispute(paid.charge.stripe_id)
    record_dispute(reading=dispute_reading(fetch_dispute(asked["id"])), now=timezone.now())
    return reverse("dispute_detail", args=[asked["id"]])


@finds("thank_you")
def _thank_you(ground: Ground) -> Place:
    paid = Checkout.objects.filter(fan__email="sam@demo.example").order_by("-pk").first()
    return reverse("thank_you", args=[paid.public_id]) if paid else None


@finds("comment_edit")
def _comment_edit(ground: Ground) -> Place:
    """For a quarter of an hour one's comment may be changed; the page itself stays."""
    said = Comment.objects.filter(author__email="sam@demo.example", removed_at=None).order_by("-pk").first()
    return reverse("comment_edit", args=[said.public_id]) if said else None


@finds("pool_entry")
def _pool_entry(ground: Ground) -> Place:
    """Noor has entered Mika's pools."""
    entry = PoolEntry.objects.filter(fan__email="noor@demo.example").order_by("-pk").first()
    return (reverse("pool_entry", args=[entry.public_id]), ground.sessions["small-creator"]) if entry else None


@finds("policy_preview")
def _policy_preview(ground: Ground) -> Place:
    newest = Policy.objects.order_by("-pk").first()
    return reverse("policy_preview", args=[newest.pk]) if newest else None


@finds("tiktok_consent")
def _tiktok_consent(ground: Ground) -> Place:
    return ground.press("creator", reverse("tiktok_login"))


@finds("socialaccount_signup")
def _socialaccount_signup(ground: Ground) -> Place:
    """A stranger comes with their TikTok account, which has no email."""
    client = ground.client(STRANGER)
    consent = ground.inside(client.post(reverse("tiktok_login")).headers.get("Location"), "/")
    if consent is None:
        return None
    back = client.post(consent, {"person": "fan"})
    client.get(ground.inside(back.headers.get("Location"), "/") or "/")
    return _kept(client, "socialaccount_signup")


@finds("account_confirm_login_code")
def _confirm_login_code(ground: Ground) -> Place:
    return _half_way(ground, "account_request_login_code", "account_confirm_login_code", email="sam@demo.example")


@finds("account_email_verification_sent")
def _verification_sent(ground: Ground) -> Place:
    fields = {"email": "new@demo.example", "password1": PASSWORD, "name": "New", "country": "US"}
    fields |= {"birth_date": "1990-01-31", "birth_date_day": "31", "birth_date_month": "1", "birth_date_year": "1990"}
    return _half_way(ground, "account_signup", "account_email_verification_sent", **fields)


@finds("mfa_authenticate")
def _mfa_authenticate(ground: Ground) -> Place:
    """A creator has given the right password and is asked for the second factor."""
    return _half_way(ground, "account_login", "mfa_authenticate", login="noor@demo.example", password=PASSWORD)


@finds("account_reset_password_from_key")
def _reset_password(ground: Ground) -> Place:
    user = User.objects.get(email="sam@demo.example")
    client = ground.client(STRANGER)
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    first = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": key.split("-")[0], "key": key.split("-", 1)[1]}
    )
    # The key moves from the address into the session, so that it is in no log and no referrer.
    target = ground.inside(client.get(first).headers.get("Location"), first)
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
    return (target, cookie.value) if target and cookie else None


def _half_way(ground: Ground, start: str, end: str, **fields: str) -> Place:
    """Send the first form as a stranger; the next page belongs to that session."""
    client = ground.client(STRANGER)
    client.post(reverse(start), fields)
    return _kept(client, end)


def _kept(client: Client, end: str) -> Place:
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
    return (reverse(end), cookie.value) if cookie else None


def forms_of(html: str) -> list[tuple[str, dict[str, str]]]:
    """[(action, {field: value as it stands})] of a page's forms."""
    found = []
    for form in html5lib.parse(html, namespaceHTMLElements=False).iter("form"):
        fields: dict[str, str] = {}
        for given in form.iter("input"):
            kind, name = given.get("type", "text"), given.get("name")
            if name and (kind not in ("checkbox", "radio") or given.get("checked") is not None):
                fields[name] = given.get("value", "")
        for choice in form.iter("select"):
            options = list(choice.iter("option"))
            chosen = [option for option in options if option.get("selected") is not None] or options
            fields[choice.get("name")] = chosen[0].get("value", "") if chosen else ""
        found.append((form.get("action", ""), fields))
    return found
