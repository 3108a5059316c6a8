"""Connected accounts, Accounts v2: a creator's account, what it still has to provide, what it may do.

One account has two faces: kept in the v1 shape (which transfers and payouts use), shown in either.
"""

import secrets

from portal.sandbox import money, wire
from portal.sandbox.errors import invalid, missing, not_simulated
from portal.sandbox.registry import Call, Obj, handles, kind
from portal.sandbox.world import World, iso

kind("account")
LINK_SECONDS = 300
INCLUDES = ("configuration.recipient", "defaults", "identity", "requirements", "future_requirements")
# What onboarding asks for, step by step: v1 name → (v2 name, step of the hosted form).
REQUIREMENTS = {
    "individual.first_name": ("identity.individual.given_name", "person"),
    "individual.last_name": ("identity.individual.surname", "person"),
    "individual.dob.day": ("identity.individual.date_of_birth", "person"),
    "external_account": ("configuration.recipient.default_outbound_destination", "bank"),
    "tos_acceptance.date": ("identity.attestations.terms_of_service.account", "terms"),
}
CURRENCIES = {"US": "usd", "GB": "gbp", "JP": "jpy"}
V2_STATUS = {"active": "active", "pending": "pending", "inactive": "restricted"}
ACCEPTS = (
    "contact_email contact_phone display_name dashboard metadata include defaults.currency defaults.responsibilities"
    " defaults.locales defaults.profile identity.country identity.entity_type identity.individual"
    " configuration.recipient.capabilities.stripe_balance"
)


@handles("POST", "/v2/core/accounts", ACCEPTS)
def create_account(box: World, call: Call) -> Obj:
    given = call.params
    recipient = (given.get("configuration") or {}).get("recipient")
    if not recipient:
        raise not_simulated("accounts without the recipient configuration")
    if not given.get("contact_email"):
        raise invalid("contact_email is required.", code="parameter_missing", param="contact_email")
    country = ((given.get("identity") or {}).get("country") or "us").upper()
    currency = (given.get("defaults") or {}).get("currency") or CURRENCIES.get(country, "eur")
    account = new_account(box, country, currency, given["contact_email"])
    account["controller"] = wire.inner("account", "controller", is_controller=True, type="application")
    account["metadata"] = dict(given.get("metadata") or {})
    box.note(
        account["id"],
        "v2",
        {name: given.get(name) for name in ("display_name", "dashboard", "contact_phone", "defaults", "identity")},
    )
    box.emit_thin("v2.core.account.created", related(account))
    return shown(box, account, given.get("include") or [])


def new_account(box: World, country: str, currency: str, email: str | None) -> Obj:
    account = box.put(
        "account",
        id=f"acct_{secrets.token_hex(8)}",
        type="express",
        country=country,
        default_currency=currency,
        email=email,
        charges_enabled=False,
        payouts_enabled=False,
        details_submitted=False,
        capabilities={"transfers": "inactive"},
        created=box.now(),
    )
    account["settings"] = wire.inner("account", "settings")
    account["settings"]["payouts"] = wire.inner(
        "account",
        "settings.payouts",
        debit_negative_balances=True,
        schedule=wire.inner("account", "settings.payouts.schedule", interval="daily", delay_days=2),
    )
    account["external_accounts"] = {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": f"/v1/accounts/{account['id']}/external_accounts",
    }
    require(account, list(REQUIREMENTS))
    return account


def require(account: Obj, due: list[str]) -> None:
    blocked = "requirements.past_due" if due else None
    account["requirements"] = wire.inner(
        "account",
        "requirements",
        currently_due=due,
        eventually_due=list(due),
        past_due=list(due),
        pending_verification=[],
        alternatives=[],
        errors=[],
        disabled_reason=blocked,
    )


def related(account: Obj) -> Obj:
    return {"id": account["id"], "type": "v2.core.account", "url": f"/v2/core/accounts/{account['id']}"}


# ---- the v2 face ------------------------------------------------------------------
def shown(box: World, account: Obj, include: list[str]) -> Obj:
    if unknown := [name for name in include if name not in INCLUDES]:
        raise not_simulated(f"include={unknown[0]}")
    extra = box.noted(account["id"], "v2") or {}
    closed = bool(box.noted(account["id"], "closed"))
    obj = wire.new(
        "v2.core.account",
        "V2",
        id=account["id"],
        object="v2.core.account",
        applied_configurations=[] if closed else ["recipient"],
        closed=closed,
        contact_email=account["email"],
        contact_phone=extra.get("contact_phone"),
        created=iso(account["created"]),
        dashboard=extra.get("dashboard") or "express",
        display_name=extra.get("display_name"),
        livemode=False,
        metadata=dict(account["metadata"]),
    )
    if "configuration.recipient" in include:
        obj["configuration"] = {"recipient": _recipient(account, closed), "customer": None, "merchant": None}
    if "requirements" in include:
        obj["requirements"] = _requirements(account)
    if "future_requirements" in include:
        obj["future_requirements"] = {"entries": [], "summary": None, "minimum_transition_date": None}
    if "defaults" in include:
        obj["defaults"] = _defaults(account, extra)
    if "identity" in include:
        obj["identity"] = _identity(account, extra)
    return obj


def _capability(path: str, status: str, code: str) -> Obj:
    value = wire.inner("v2.core.account", f"configuration.recipient.capabilities.stripe_balance.{path}", "V2")
    waits = [] if status == "active" else [{"code": code, "resolution": "provide_info"}]
    return {**value, "status": status, "status_details": waits}


def _recipient(account: Obj, closed: bool) -> Obj:
    transfers = V2_STATUS[account["capabilities"]["transfers"]]
    payouts = "active" if account["payouts_enabled"] else "restricted"
    why = "requirements_past_due"
    balance = {
        "stripe_transfers": _capability("stripe_transfers", transfers, why),
        "payouts": _capability("payouts", payouts, why),
    }
    capabilities = wire.inner("v2.core.account", "configuration.recipient.capabilities", "V2", stripe_balance=balance)
    return {"applied": not closed, "capabilities": capabilities}


def _requirements(account: Obj) -> Obj:
    deadline = {"status": "past_due"}
    entries = [
        wire.inner(
            "v2.core.account",
            "requirements.entries",
            "V2",
            awaiting_action_from="user",
            description=REQUIREMENTS[name][0],
            errors=[],
            minimum_deadline=deadline,
            impact={
                "restricts_capabilities": [
                    {
                        "capability": "stripe_balance.stripe_transfers",
                        "configuration": "recipient",
                        "deadline": deadline,
                    }
                ]
            },
            requested_reasons=[{"code": "routine_onboarding"}],
        )
        for name in account["requirements"]["currently_due"]
    ]
    summary = {"minimum_deadline": {**deadline, "time": None}} if entries else None
    return {"alternatives": [], "entries": entries, "summary": summary}


def _defaults(account: Obj, extra: Obj) -> Obj:
    given = extra.get("defaults") or {}
    roles = {
        "fees_collector": "application",
        "losses_collector": "application",
        **(given.get("responsibilities") or {}),
    }
    obj = wire.inner("v2.core.account", "defaults", "V2", currency=account["default_currency"])
    obj["locales"] = given.get("locales")
    obj["responsibilities"] = {**roles, "requirements_collector": "stripe"}
    return obj


def _identity(account: Obj, extra: Obj) -> Obj:
    given = extra.get("identity") or {}
    return wire.inner(
        "v2.core.account", "identity", "V2", country=account["country"].lower(), entity_type=given.get("entity_type")
    )


@handles("GET", "/v2/core/accounts/{id}", "include")
def retrieve_account(box: World, call: Call) -> Obj:
    return shown(box, account_of(box, call.id), call.params.get("include") or [])


def account_of(box: World, id: str) -> Obj:
    if account := box.find(id, "account"):
        return account
    raise missing("account", id)


@handles("GET", "/v2/core/accounts", "limit page applied_configurations closed")
def list_accounts(box: World, call: Call) -> Obj:
    limit, page = call.params.get("limit", 20), call.params.get("page")
    where = "seq < (SELECT seq FROM objects WHERE id = ?)" if page else ""
    rows = box.all("account", where=where, values=(page,) if page else (), limit=limit + 1)
    more = f"/v2/core/accounts?limit={limit}&page={rows[limit - 1]['id']}" if len(rows) > limit else None
    return {"data": [shown(box, row, []) for row in rows[:limit]], "next_page_url": more, "previous_page_url": None}


@handles("POST", "/v2/core/accounts/{id}", ACCEPTS)
def update_account(box: World, call: Call) -> Obj:
    account, given = account_of(box, call.id), call.params
    if "contact_email" in given:
        account["email"] = given["contact_email"]
    wire.merge(account, {"metadata": given.get("metadata") or {}})
    extra = box.noted(account["id"], "v2") or {}
    for name in ("display_name", "dashboard", "contact_phone", "defaults", "identity"):
        if name in given:
            extra[name] = given[name]
    box.note(account["id"], "v2", extra)
    box.emit_thin("v2.core.account.updated", related(account))
    return shown(box, account, given.get("include") or [])


@handles("POST", "/v2/core/accounts/{id}/close", "applied_configurations")
def close_account(box: World, call: Call) -> Obj:
    account = account_of(box, call.ids[0])
    if any(available or pending for available, pending in money.balances(box, account["id"]).values()):
        raise invalid("The account still holds a balance.", code="account_balance_not_zero")
    box.note(account["id"], "closed", True)
    account.update(payouts_enabled=False, capabilities={"transfers": "inactive"})
    box.emit_thin("v2.core.account.closed", related(account))
    return shown(box, account, [])


# ---- onboarding -------------------------------------------------------------------
ONBOARDING = "use_case.account_onboarding use_case.account_update"


@handles("POST", "/v2/core/account_links", f"account use_case.type {ONBOARDING}")
def create_account_link(box: World, call: Call) -> Obj:
    account, use_case = account_of(box, call.params["account"]), dict(call.params["use_case"])
    details = use_case.get(use_case["type"])
    if not details:
        raise invalid(f"use_case.{use_case['type']} is required.", code="parameter_missing", param="use_case")
    link = new_link(box, account, details["refresh_url"], details.get("return_url"), use_case["type"])
    inner = wire.inner("v2.core.account_link", f"use_case.{use_case['type']}", "V2", **{"return_url": None, **details})
    return wire.new(
        "v2.core.account_link",
        "V2",
        object="v2.core.account_link",
        account=account["id"],
        created=iso(box.now()),
        expires_at=iso(box.now() + LINK_SECONDS),
        livemode=False,
        url=link,
        use_case={
            "account_onboarding": None,
            "account_update": None,
            "type": use_case["type"],
            use_case["type"]: inner,
        },
    )


def new_link(box: World, account: Obj, refresh_url: str, return_url: str | None, use_case: str) -> str:
    """A link into the hosted form; good for a few minutes."""
    token = secrets.token_urlsafe(18)
    box.note(
        token,
        "onboarding",
        {
            "account": account["id"],
            "refresh_url": refresh_url,
            "return_url": return_url or refresh_url,
            "use_case": use_case,
            "expires_at": box.now() + LINK_SECONDS,
        },
    )
    return f"{box.site_url}/sandbox/onboarding/{token}/"


def provide(box: World, account: Obj, step: str, *, bank: str = "000123456789") -> None:
    """One step of the hosted form is filled in: 'person', 'bank' or 'terms'."""
    due = [name for name in account["requirements"]["currently_due"] if REQUIREMENTS[name][1] != step]
    if step == "bank":
        set_bank(box, account, bank)
    require(account, due)
    before = account["capabilities"]["transfers"]
    if not due:
        account.update(details_submitted=True, payouts_enabled=True, capabilities={"transfers": "active"})
        if any(held > 0 for held, _ in money.balances(box, account["id"]).values()):
            box.schedule("pay_out", account, money.next_payout_at(box, account["id"], box.now()))
    tell(box, account, "requirements")
    if account["capabilities"]["transfers"] != before:
        tell_capability(box, account)


def set_bank(box: World, account: Obj, number: str) -> None:
    """The account that payouts go to. Stripe's test numbers decide how they end (000111111116 fails)."""
    if not (number.isdigit() and 4 <= len(number) <= 17):
        raise invalid("That is no account number.", code="account_number_invalid", param="account_number")
    bank = wire.new(
        "bank_account",
        id=f"ba_{secrets.token_hex(12)}",
        object="bank_account",
        account=account["id"],
        account_holder_type="individual",
        bank_name="SANDBOX BANK",
        country=account["country"],
        currency=account["default_currency"],
        default_for_currency=True,
        last4=number[-4:],
        routing_number="110000000",
        status="new",
    )
    account["external_accounts"]["data"] = [bank]
    box.note(account["id"], "bank", number)


def restrict(box: World, account: Obj, due: str = "individual.first_name") -> None:
    """The provider asks for more: transfers stop until it has been provided."""
    require(account, [due])
    account.update(payouts_enabled=False, capabilities={"transfers": "inactive"})
    tell(box, account, "requirements")
    tell_capability(box, account)


def tell(box: World, account: Obj, what: str) -> None:
    box.emit("account.updated", account, account=account["id"], before={})
    box.emit_thin(f"v2.core.account[{what}].updated", related(account))


def tell_capability(box: World, account: Obj) -> None:
    box.emit_thin(
        "v2.core.account[configuration.recipient].capability_status_updated",
        related(account),
        updated_capability="stripe_balance.stripe_transfers",
    )
