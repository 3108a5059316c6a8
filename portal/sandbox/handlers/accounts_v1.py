"""The v1 face of connected accounts, for those who still use it; and the links into the hosted pages."""

import secrets

from portal.sandbox import wire
from portal.sandbox.errors import invalid, not_simulated
from portal.sandbox.general import as_list
from portal.sandbox.handlers import connect
from portal.sandbox.registry import Call, Obj, handles
from portal.sandbox.world import World

PLAIN = "email metadata business_type business_profile settings.payouts.schedule.interval settings.payouts.schedule"


@handles("POST", "/v1/accounts", f"{PLAIN} type country default_currency controller capabilities.transfers")
def create_account(box: World, call: Call) -> Obj:
    given = dict(call.params)
    if given.get("type", "express") != "express":
        raise not_simulated(f"{given['type']} accounts")
    country = given.get("country", "US").upper()
    currency = given.get("default_currency") or connect.CURRENCIES.get(country, "eur")
    account = connect.new_account(box, country, currency, given.get("email"))
    account["controller"] = wire.inner("account", "controller", is_controller=True, type="application")
    _take(box, account, given)
    box.emit("account.updated", account, account=account["id"], before={})
    return account


def _take(box: World, account: Obj, given: Obj) -> None:
    wire.merge(account, {k: v for k, v in given.items() if k in PLAIN.split() or k == "settings"})
    box.note(account["id"], "payout_schedule", account["settings"]["payouts"]["schedule"])


@handles("GET", "/v1/account")
def retrieve_own_account(box: World, call: Call) -> Obj:
    if call.account:
        return box.get(call.account, "account")
    raise not_simulated("the platform's own account")


@handles("GET", "/v1/accounts/{account}")
def retrieve_account(box: World, call: Call) -> Obj:
    return box.get(call.id, "account")


@handles("POST", "/v1/accounts/{account}", PLAIN)
def update_account(box: World, call: Call) -> Obj:
    account = box.get(call.id, "account")
    _take(box, account, call.params)
    box.emit("account.updated", account, account=account["id"], before={})
    return account


@handles("DELETE", "/v1/accounts/{account}")
def delete_account(box: World, call: Call) -> Obj:
    return box.drop(box.get(call.id, "account"))


@handles("GET", "/v1/accounts/{account}/external_accounts", "object")
def list_external_accounts(box: World, call: Call) -> Obj:
    return as_list(box.get(call.ids[0], "account")["external_accounts"]["data"], call.path)


@handles("POST", "/v1/account_links", "account type refresh_url return_url collect collection_options")
def create_account_link(box: World, call: Call) -> Obj:
    given = call.params
    account = box.get(given["account"], "account", param="account")
    if not given.get("refresh_url") or not given.get("return_url"):
        raise invalid("refresh_url and return_url are required.", code="parameter_missing", param="refresh_url")
    url = connect.new_link(box, account, given["refresh_url"], given["return_url"], given["type"])
    now = box.now()
    return wire.new("account_link", object="account_link", created=now, expires_at=now + connect.LINK_SECONDS, url=url)


@handles("POST", "/v1/accounts/{account}/login_links")
def create_login_link(box: World, call: Call) -> Obj:
    account = box.get(call.ids[0], "account", param="account")
    if not account["details_submitted"]:
        raise invalid("Cannot create a login link for an account that has not completed onboarding.")
    token = secrets.token_urlsafe(18)
    box.note(token, "express", account["id"])
    url = f"{box.site_url}/sandbox/express/{token}/"
    return wire.new("login_link", object="login_link", created=box.now(), url=url)
