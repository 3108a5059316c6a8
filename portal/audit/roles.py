"""Who visits what: the roles, and for each URL the people it is made for."""

from portal.audit.addresses import Address

STRANGER = "stranger"
SIGNED_IN = ("creator", "small-creator", "fan", "brand", "staff")
ROLES = (STRANGER, *SIGNED_IN)

# Access as declared on the view → who opens the page. The first is the one a quick audit uses.
VISITORS: dict[str, tuple[str, ...]] = {
    "public": (STRANGER, "fan"),
    "signed in": ("fan", "creator"),
    "creator": ("creator", "small-creator"),
    "brand": ("brand",),
    "staff": ("staff",),
    "demo or staff": (STRANGER,),
    "machine": (),
}
# Pages that show each role something of its own.
EVERY_ROLE = ("home", "settings", "notice_list")
# Others' views declare nothing: these are for whom they are. What is not named here is for who is signed in.
FOR_STRANGERS = (
    "account_login",
    "account_signup",
    "account_signup_by_passkey",
    "account_request_login_code",
    "account_confirm_login_code",
    "account_email_verification_sent",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
    "mfa_signup_webauthn",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "socialaccount_signup",
    "tiktok_login",
)
# What nobody looks at, and why.
LEFT_OUT = {
    "stylesheet": "is a file; its rules are held by stylelint",
    "demo_sign_in": "signs in as somebody else and leads on to home",
    "admin:logout": "signs out and leads on",
    "api:openapi-view": "is drawn whole by ninja, out of Swagger UI",
    "api:api-root": "answers nothing: the documentation lies at its own address",
    "tiktok_callback": "is where TikTok sends people back to, and leads on; its failure is socialaccount_login_error",
    "mfa_login_webauthn": "answers the browser's passkey dialog; no page",
    "mfa_signup_webauthn": "is shown between a confirmed email and a browser's passkey dialog; see test_passkey.py",
}
# Pages that may come with another status than 200, since they say what one may not, and why.
SPEAKING = {"socialaccount_login_error": 401, "post_detail": 403}


def visitors(address: Address) -> tuple[str, ...]:
    """The roles that open this page, the most telling first."""
    if address.name in EVERY_ROLE:
        return ROLES if address.access == "public" else SIGNED_IN
    if address.access:
        # A word that is new here is a role's own, or else everybody's who is signed in.
        return VISITORS.get(address.access, (address.access,) if address.access in ROLES else ("fan", "creator"))
    if address.is_admin:
        return ("staff",)
    if address.name in FOR_STRANGERS:
        return (STRANGER,)
    # Creators have a password and a second factor in the audit, fans have neither.
    return ("creator", "fan")


def may(address: Address, role: str) -> bool | None:
    """Whether the declaration lets this role in; None where the view itself decides."""
    if address.is_admin:
        return role == "staff"
    match address.access:
        case "signed in":
            return None if role != STRANGER else False
        case "creator":
            return role in ("creator", "small-creator")
        case "brand" | "staff":
            return role == address.access
        case _:
            return None
