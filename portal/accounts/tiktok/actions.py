"""Keep TikTok's tokens alive, and measure audiences. Reserve, commit, call, record: no call inside a transaction."""

from dataclasses import asdict
from datetime import datetime, timedelta

from allauth.socialaccount.models import SocialAccount, SocialToken
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from portal.accounts.models import AudienceCount, Creator
from portal.accounts.tiktok import gateway
from portal.accounts.tiktok.models import Connection, Video
from portal.kit.jobs import enqueue

WINDOW = timedelta(days=30)
# A token that is good for less than this is renewed before it is used.
MARGIN = timedelta(minutes=20)


def renew(*, account: SocialAccount, now: datetime) -> SocialToken | None:
    """A new pair of tokens from TikTok, stored in one transaction; None when somebody else is at it, or it is lost.

    One renewal at a time per account: the connection is claimed by a conditional update. TikTok's refresh tokens
    rotate, so a pair is recorded only over the token it was traded for: a newer sign-in is never overwritten.
    """
    if not _claim(account, now):
        return None
    token = SocialToken.objects.filter(account=account).first()
    if token is None:
        return None
    sent = token.token_secret
    try:
        pair = gateway.renew_tokens(sent)
    except gateway.TikTokRefused as refused:
        _record_loss(account, sent, str(refused), now)
        return None
    except gateway.TikTokUnreachable:
        Connection.objects.filter(account=account).update(claimed_at=None)
        raise
    return _record_pair(token, sent, pair, now)


def measure(*, account: SocialAccount, now: datetime) -> AudienceCount | None:
    """Count followers and views of the creator behind the account; None where there is no creator or no permission.

    TikTok has no number for "views in 30 days". We add up the view counts of the videos published in the last 30
    days, and write that beside the number. The key is creator, moment and origin.
    """
    creator = Creator.objects.filter(user=account.user_id).first()
    token = SocialToken.objects.filter(account=account).first()
    if creator is None or token is None:
        return None
    if token.expires_at is not None and token.expires_at <= now + MARGIN:
        token = renew(account=account, now=now)
        if token is None:
            return None
    try:
        person = gateway.read_person(token.token)
        videos = list(gateway.list_videos(token.token, since=now - WINDOW))
    except gateway.TikTokRefused as refused:
        _record_loss(account, token.token_secret, str(refused), now)
        return None
    return _record_count(account, creator, person, videos, now)


def _claim(account: SocialAccount, now: datetime) -> bool:
    connection, _created = Connection.objects.get_or_create(account=account)
    return bool(Connection.objects.free(now).filter(pk=connection.pk, lost_at=None).update(claimed_at=now))


@transaction.atomic
def _record_pair(token: SocialToken, sent: str, pair: gateway.Tokens, now: datetime) -> SocialToken:
    current = SocialToken.objects.select_for_update().get(pk=token.pk)
    if current.token_secret == sent:
        current.token, current.token_secret = pair.access_token, pair.refresh_token
        current.expires_at = now + timedelta(seconds=pair.expires_in)
        current.save(update_fields=["token", "token_secret", "expires_at"])
    ends = now + timedelta(seconds=pair.refresh_expires_in) if pair.refresh_expires_in else None
    Connection.objects.filter(account=token.account_id).update(
        claimed_at=None, refreshed_at=now, refresh_expires_at=ends
    )
    return current


@transaction.atomic
def _record_loss(account: SocialAccount, sent: str, reason: str, now: datetime) -> None:
    """TikTok refused the token. If it is still the newest one, the permission is gone, and the person is told."""
    current = SocialToken.objects.select_for_update().get(account=account)
    connection, _created = Connection.objects.get_or_create(account=account)
    connection.claimed_at = None
    if current.token_secret == sent and connection.lost_at is None:
        connection.lost_at, connection.lost_reason = now, reason[:200]
        with translation.override(account.user.language):
            enqueue(
                "notices.tell_person",
                user_id=account.user_id,
                kind="accounts.tiktok_lost",
                subject=_("TikTok is no longer connected"),
                body=_("Your follower count is not renewed until you connect your account again."),
                url="/studio/tiktok/",
                key=f"tiktok_lost:{connection.pk}:{now:%Y-%m-%dT%H:%M}",
            )
    connection.save(update_fields=["claimed_at", "lost_at", "lost_reason"])


@transaction.atomic
def _record_count(
    account: SocialAccount, creator: Creator, person: dict[str, object], videos: list[gateway.VideoFacts], now: datetime
) -> AudienceCount:
    account.extra_data = {**account.extra_data, **person}
    account.save(update_fields=["extra_data"])
    for facts in videos:
        values = asdict(facts)
        Video.objects.update_or_create(
            account=account, video_id=values.pop("video_id"), defaults=values | {"measured_at": now}
        )
    Connection.objects.update_or_create(account=account, defaults={"measured_at": now})
    count, _created = AudienceCount.objects.update_or_create(
        creator=creator,
        measured_at=now,
        origin=AudienceCount.Origin.TIKTOK,
        defaults={
            "followers": int(str(person.get("follower_count", 0))),
            "views_30d": sum(facts.view_count for facts in videos),
            "note": f"Sum of the views of {len(videos)} videos published in the last 30 days.",
        },
    )
    return count


@transaction.atomic
def welcome_back(*, account: SocialAccount) -> None:
    """The person signed in with TikTok again: the connection is whole. Repeating is harmless."""
    Connection.objects.filter(account=account).update(lost_at=None, lost_reason="", claimed_at=None)
    enqueue("accounts.measure_audiences", user_id=account.user_id)
