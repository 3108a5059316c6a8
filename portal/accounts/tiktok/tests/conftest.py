from datetime import datetime
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken

from portal.accounts.models import Creator, User
from portal.accounts.tiktok.stand_in.answers import Question, answer, give_code
from portal.accounts.tiktok.stand_in.people import BY_SLUG

CALLBACK = "http://testserver/accounts/tiktok/login/callback/"
SCOPE = "user.info.basic,user.info.profile,user.info.stats,video.list"


def connect(user: User, person: str, now: datetime) -> SocialAccount:
    """The person has given TikTok's stand-in their consent, and we hold the tokens."""
    code = give_code(person=person, scope=SCOPE, redirect_uri=CALLBACK, now=now)
    body = (
        f"client_key=stand-in-key&client_secret=stand-in-secret&grant_type=authorization_code&code={code}"
        f"&redirect_uri={CALLBACK}"
    )
    pair: dict[str, Any] = answer(Question("POST", "/v2/oauth/token/", body=body.encode()), now).payload
    account = SocialAccount.objects.create(user=user, provider="tiktok", uid=BY_SLUG[person].open_id)
    SocialToken.objects.create(
        account=account, token=pair["access_token"], token_secret=pair["refresh_token"], expires_at=now
    )
    return account


@pytest.fixture
def connected(noor: Creator, real_now: datetime) -> SocialAccount:
    """Noor's TikTok account, its access token about to run out."""
    return connect(noor.user, "small", real_now)


@pytest.fixture
def real_now() -> datetime:
    """The stand-in is asked over its transport, which reads the clock like any server."""
    from django.utils import timezone

    return timezone.now()
