"""Sessions of the demo's people, as a person has them who signed in a moment ago with everything that is asked for."""

import hashlib
import json
import os
import time
from typing import Any

from allauth.account.internal.flows import login
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.utils import is_mfa_enabled
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from portal.accounts.models import User
from portal.audit.roles import SIGNED_IN, STRANGER
from portal.demo.people import BY_SLUG

PASSWORD = "a long walk by the river"


def open_sessions() -> dict[str, str]:
    """Role → session key. Everybody reads in the language and theme that the browser asks for."""
    User.objects.update(theme=User.Theme.SYSTEM, language="")
    keys = {STRANGER: ""}
    for role in SIGNED_IN:
        user = User.objects.get(email=BY_SLUG[role].email)
        if role.endswith("creator"):
            protect(user)
        keys[role] = session_of(user, role)
    return keys


def session_of(user: User, role: str) -> str:
    client = Client()
    client.force_login(user)
    session = client.session
    session["role"] = {"small-creator": "creator"}.get(role, role)
    # So that no page asks for the password again while the audit runs.
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = login.user_id_to_str(user)
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "password", "at": time.time() + 12 * 3600, "reauthenticated": True}
    ]
    session.save()
    return str(session.session_key)


def protect(user: User) -> None:
    """A password, a second factor, recovery codes and a passkey: what some pages are about. The passkey opens nothing."""
    if not is_mfa_enabled(user):
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
        kept = {"name": "Old phone", "credential": passkey()}
        Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=kept)


def passkey() -> dict[str, Any]:
    """What a browser registers, in its own words; the private half is thrown away."""
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    held = AttestedCredentialData.create(bytes(16), os.urandom(16), public)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    proof = AuthenticatorData.create(hashlib.sha256(b"localhost").digest(), flags, 0, held)
    client = {"type": "webauthn.create", "challenge": "AAAA", "origin": settings.SITE_URL}
    return {
        "id": websafe_encode(held.credential_id),
        "rawId": websafe_encode(held.credential_id),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(json.dumps(client).encode()),
            "attestationObject": websafe_encode(bytes(AttestationObject.create("none", proof, {}))),
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }
