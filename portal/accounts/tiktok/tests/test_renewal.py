"""Refresh tokens rotate: one renewal at a time, the newest one kept, and nothing newer overwritten."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import responses
from allauth.socialaccount.models import SocialAccount, SocialToken
from django import db
from django.utils import timezone
from requests import PreparedRequest

from portal.accounts.models import User
from portal.accounts.tiktok import actions, gateway, tasks
from portal.accounts.tiktok.models import Connection, StandInGrant
from portal.accounts.tiktok.stand_in.answers import Question, answer
from portal.accounts.tiktok.tests.conftest import connect
from portal.notices.models import Notice


class Wire:
    """What a test changes of the wire."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)
    status = 0
    calls: Any = ()


def token_of(account: SocialAccount) -> SocialToken:
    return SocialToken.objects.get(account=account)


def test_a_renewal_keeps_the_newest_pair(connected: SocialAccount, real_now: datetime) -> None:
    before = token_of(connected)
    renewed = actions.renew(account=connected, now=real_now)
    assert renewed is not None and renewed.token_secret != before.token_secret
    grant = StandInGrant.objects.get()
    kept = token_of(connected)
    assert (kept.token, kept.token_secret) == (grant.access_token, grant.refresh_token)
    assert kept.expires_at == real_now + timedelta(hours=2)
    connection = Connection.objects.get(account=connected)
    assert connection.refresh_expires_at == real_now + timedelta(days=180) and connection.claimed_at is None


def test_many_renewals_in_a_row_each_use_the_token_of_the_one_before(
    connected: SocialAccount, real_now: datetime
) -> None:
    seen = {token_of(connected).token_secret}
    for _time in range(4):
        assert actions.renew(account=connected, now=real_now)
        seen.add(token_of(connected).token_secret)
    assert len(seen) == 5


@pytest.fixture
def wire(settings: Any, real_now: datetime) -> Iterator[Wire]:
    """TikTok's token address on the wire, answered by the stand-in after `meanwhile` has happened."""
    settings.TIKTOK_STAND_IN = False
    wire = Wire()

    def reply(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        wire.meanwhile()
        answered = answer(Question("POST", "/v2/oauth/token/", body=str(request.body).encode()), real_now)
        return wire.status or answered.status, {}, json.dumps(answered.payload)

    with responses.RequestsMock() as tiktok:
        tiktok.add_callback("POST", gateway.TOKEN_URL, reply, content_type="application/json")
        wire.calls = tiktok.calls
        yield wire


def test_a_second_worker_stands_back_while_the_first_is_at_it(
    connected: SocialAccount, real_now: datetime, wire: Wire
) -> None:
    seen = []
    wire.meanwhile = lambda: seen.append(actions.renew(account=connected, now=real_now))
    assert actions.renew(account=connected, now=real_now)
    assert (seen, len(wire.calls)) == ([None], 1)


def test_a_worker_that_died_gives_the_account_free(connected: SocialAccount, real_now: datetime) -> None:
    Connection.objects.create(account=connected, claimed_at=real_now)
    assert actions.renew(account=connected, now=real_now + timedelta(minutes=1)) is None
    assert actions.renew(account=connected, now=real_now + timedelta(minutes=3)) is not None


def test_a_newer_sign_in_is_never_overwritten(connected: SocialAccount, real_now: datetime, wire: Wire) -> None:
    newer = {"token": "act.newer", "token_secret": "rft.newer"}
    wire.meanwhile = lambda: SocialToken.objects.filter(account=connected).update(**newer)
    actions.renew(account=connected, now=real_now)
    assert token_of(connected).token_secret == "rft.newer"


def test_a_permission_that_was_taken_back_is_told_once(
    connected: SocialAccount, real_now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    StandInGrant.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.renew(account=connected, now=real_now) is None
        assert actions.renew(account=connected, now=real_now) is None
    connection = Connection.objects.get(account=connected)
    assert connection.lost_at == real_now and "invalid_grant" in connection.lost_reason
    assert Notice.objects.filter(user=connected.user, kind="accounts.tiktok_lost").count() == 1
    actions.welcome_back(account=connected)
    connection.refresh_from_db()
    assert connection.lost_at is None


def test_a_busy_tiktok_gives_the_account_free_at_once(connected: SocialAccount, real_now: datetime, wire: Wire) -> None:
    wire.status = 503
    with pytest.raises(gateway.TikTokUnreachable):
        actions.renew(account=connected, now=real_now)
    assert Connection.objects.get().claimed_at is None and Connection.objects.get().lost_at is None


def test_the_job_wakes_those_that_run_out_soon(
    connected: SocialAccount, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert tasks.refresh_tiktok_tokens() == 1
    expires_at = token_of(connected).expires_at
    assert expires_at is not None and expires_at > timezone.now() + timedelta(hours=1)
    assert tasks.refresh_tiktok_tokens() == 0


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_end_with_the_token_tiktok_knows(sam: User, real_now: datetime) -> None:
    account = connect(sam, "new", real_now)
    start = threading.Barrier(4)

    def work(_number: int) -> None:
        start.wait()
        actions.renew(account=account, now=real_now)
        db.connection.close()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, range(4)))
    grant = StandInGrant.objects.get()
    assert (token_of(account).token, token_of(account).token_secret) == (grant.access_token, grant.refresh_token)
    assert Connection.objects.get().lost_at is None
