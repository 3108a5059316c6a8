"""What the stand-in answers, in TikTok's shapes. Asked over HTTP by anybody, and by our own gateway in process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.db import transaction

from portal.accounts.tiktok.models import StandInGrant
from portal.accounts.tiktok.stand_in import people
from portal.kit.public_ids import public_id

ACCESS_LASTS = timedelta(hours=2)
REFRESH_LASTS = timedelta(days=180)
CODE_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Question:
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    bearer: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    payload: dict[str, Any]


def answer(question: Question, now: datetime) -> Answer:
    """Token, person or videos; 404 for what the stand-in does not know."""
    match question.method, question.path:
        case "POST", "/v2/oauth/token/":
            return _token(dict(parse_qsl(question.body.decode(errors="replace"))), now)
        case "GET", "/v2/user/info/":
            return _person(question, now)
        case "POST", "/v2/video/list/":
            return _videos(question, now)
    return _error(404, "not_found", "The stand-in does not know this address.")


def give_code(*, person: str, scope: str, redirect_uri: str, now: datetime) -> str:
    """The consent page's yes."""
    code = public_id(32)
    StandInGrant.objects.create(
        person=person, scope=scope, redirect_uri=redirect_uri, code=code, code_expires_at=now + CODE_LASTS
    )
    return code


def _token(form: Mapping[str, str], now: datetime) -> Answer:
    known = (settings.TIKTOK_CLIENT_KEY, settings.TIKTOK_CLIENT_SECRET)
    if (form.get("client_key"), form.get("client_secret")) != known:
        return _oauth_error("invalid_client", "Client key or secret is incorrect.")
    match form.get("grant_type"):
        case "authorization_code":
            return _trade_code(form, now)
        case "refresh_token":
            return _trade_refresh_token(form, now)
    return _oauth_error("unsupported_grant_type", "Unsupported grant type.")


@transaction.atomic
def _trade_code(form: Mapping[str, str], now: datetime) -> Answer:
    grants = StandInGrant.objects.select_for_update().filter(code=form.get("code", ""), code_used_at=None)
    grant = grants.filter(code_expires_at__gt=now, redirect_uri=form.get("redirect_uri", "")).first()
    if grant is None:
        return _oauth_error("invalid_grant", "Authorization code is expired.")
    grant.code_used_at = now
    return _new_pair(grant, now)


@transaction.atomic
def _trade_refresh_token(form: Mapping[str, str], now: datetime) -> Answer:
    """Refresh tokens rotate: the one that was traded is void."""
    grants = StandInGrant.objects.select_for_update().filter(refresh_token=form.get("refresh_token") or None)
    grant = grants.filter(refresh_expires_at__gt=now).first()
    if grant is None:
        return _oauth_error("invalid_grant", "Refresh token is invalid or expired.")
    return _new_pair(grant, now)


def _new_pair(grant: StandInGrant, now: datetime) -> Answer:
    grant.access_token, grant.access_expires_at = f"act.{public_id(40)}", now + ACCESS_LASTS
    grant.refresh_token, grant.refresh_expires_at = f"rft.{public_id(40)}", now + REFRESH_LASTS
    grant.save()
    payload = {
        "access_token": grant.access_token,
        "expires_in": int(ACCESS_LASTS.total_seconds()),
        "refresh_token": grant.refresh_token,
        "refresh_expires_in": int(REFRESH_LASTS.total_seconds()),
        "open_id": people.BY_SLUG[grant.person].open_id,
        "scope": grant.scope,
        "token_type": "Bearer",
    }
    return Answer(200, payload)


def _person(question: Question, now: datetime) -> Answer:
    grant = _grant(question.bearer, now)
    if grant is None:
        return _error(401, "access_token_invalid", "The access token is invalid or not found in the request.")
    wanted = question.query.get("fields", "").split(",")
    known = people.profile(people.BY_SLUG[grant.person], now)
    return _good({"user": {name: known[name] for name in wanted if name in known}})


def _videos(question: Question, now: datetime) -> Answer:
    grant = _grant(question.bearer, now)
    if grant is None:
        return _error(401, "access_token_invalid", "The access token is invalid or not found in the request.")
    if "video.list" not in grant.scope.split(","):
        return _error(401, "scope_not_authorized", "The user did not authorize the scope required.")
    try:
        body = json.loads(question.body or b"{}")
        count, before = int(body.get("max_count", 10)), body.get("cursor")
        before = int(before) if before is not None else None
    except (ValueError, TypeError, AttributeError):
        return _error(400, "invalid_params", "The request is malformed.")
    if not 1 <= count <= 20:
        return _error(400, "invalid_params", "max_count is 1 to 20.")
    found = people.videos(people.BY_SLUG[grant.person], now, before=before, count=count + 1)
    page, more = found[:count], len(found) > count
    cursor = int(str(page[-1]["create_time"])) * 1000 if page else before or 0
    wanted = question.query.get("fields", "").split(",")
    rows = [{name: video[name] for name in wanted if name in video} for video in page]
    return _good({"videos": rows, "cursor": cursor, "has_more": more})


def _grant(bearer: str, now: datetime) -> StandInGrant | None:
    return StandInGrant.objects.filter(access_token=bearer or None, access_expires_at__gt=now).first()


def _good(data: dict[str, Any]) -> Answer:
    return Answer(200, {"data": data, "error": {"code": "ok", "message": "", "log_id": public_id(20)}})


def _error(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"data": {}, "error": {"code": code, "message": message, "log_id": public_id(20)}})


def _oauth_error(code: str, description: str) -> Answer:
    return Answer(400, {"error": code, "error_description": description, "log_id": public_id(20)})
