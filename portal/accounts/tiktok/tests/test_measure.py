"""Followers and views: counted from TikTok's own lists, with the way of counting written beside."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import responses
from allauth.socialaccount.models import SocialAccount, SocialToken

from portal.accounts.models import AudienceCount, Creator
from portal.accounts.tiktok import actions, gateway, tasks
from portal.accounts.tiktok.models import Connection, Video
from portal.accounts.tiktok.stand_in import people
from portal.accounts.tiktok.tests.conftest import connect


def test_a_count_is_what_the_videos_of_thirty_days_add_up_to(
    connected: SocialAccount, noor: Creator, real_now: datetime
) -> None:
    count = actions.measure(account=connected, now=real_now)
    assert count is not None
    videos = Video.objects.filter(account=connected)
    assert count.views_30d == sum(video.view_count for video in videos)
    assert videos.count() == 14 or videos.count() == 15  # one every 50 hours
    assert all(video.published_at >= real_now - timedelta(days=30) for video in videos)
    assert count.note.startswith(f"Sum of the views of {videos.count()} videos")
    assert noor.audience(real_now) == count


def test_counting_at_the_same_moment_twice_is_one_count(connected: SocialAccount, real_now: datetime) -> None:
    first = actions.measure(account=connected, now=real_now)
    videos = Video.objects.count()
    assert actions.measure(account=connected, now=real_now) == first
    assert (AudienceCount.objects.filter(origin="tiktok").count(), Video.objects.count()) == (1, videos)


def test_all_pages_are_read(mika: Creator, real_now: datetime) -> None:
    account = connect(mika.user, "large", real_now)
    actions.measure(account=account, now=real_now)
    assert 32 <= Video.objects.filter(account=account).count() <= 34  # one every 22 hours: two pages


def test_who_is_no_creator_is_not_counted(sam: Any, real_now: datetime) -> None:
    account = connect(sam, "new", real_now)
    assert actions.measure(account=account, now=real_now) is None


def test_an_access_token_that_is_void_is_a_loss(connected: SocialAccount, real_now: datetime) -> None:
    SocialToken.objects.update(token="act.void", expires_at=real_now + timedelta(hours=1))
    assert actions.measure(account=connected, now=real_now) is None
    assert "access_token_invalid" in Connection.objects.get().lost_reason


def test_the_job_wakes_every_connected_creator(
    connected: SocialAccount, noor: Creator, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert tasks.measure_audiences() == 1
    assert noor.audience_counts.filter(origin="tiktok").count() == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_later_means_later(settings: Any, status: int) -> None:
    settings.TIKTOK_STAND_IN = False
    with responses.RequestsMock() as tiktok:
        tiktok.get(gateway.PERSON_URL, json={"error": {"code": "rate_limit_exceeded"}}, status=status)
        with pytest.raises(gateway.TikTokUnreachable):
            gateway.read_person("act.x")


def test_what_goes_over_the_wire_is_what_tiktok_documents(settings: Any, real_now: datetime) -> None:
    settings.TIKTOK_STAND_IN = False
    row = {"id": "7300", "create_time": int(real_now.timestamp()), "title": "Soup", "duration": 61, "view_count": 5}
    old = row | {"id": "7299", "create_time": int((real_now - timedelta(days=31)).timestamp())}
    good = {"code": "ok", "message": "", "log_id": "1"}
    with responses.RequestsMock() as tiktok:
        # A page may be empty though there are more.
        tiktok.post(gateway.VIDEOS_URL, json={"data": {"videos": [], "cursor": 9, "has_more": True}, "error": good})
        tiktok.post(
            gateway.VIDEOS_URL, json={"data": {"videos": [row, old], "cursor": 8, "has_more": True}, "error": good}
        )
        found = list(gateway.list_videos("act.x", since=real_now - timedelta(days=30)))
        first, second = (call.request for call in tiktok.calls)
    assert [(video.video_id, video.duration_seconds, video.view_count) for video in found] == [("7300", 61, 5)]
    assert first.headers["Authorization"] == "Bearer act.x"
    assert (first.body, second.body) == (b'{"max_count": 20}', b'{"max_count": 20, "cursor": 9}')
    assert "view_count" in str(first.params["fields"])


def test_the_renewal_on_the_wire(settings: Any) -> None:
    settings.TIKTOK_STAND_IN = False
    with responses.RequestsMock() as tiktok:
        tiktok.post(
            gateway.TOKEN_URL,
            json={"access_token": "act.2", "refresh_token": "rft.2", "expires_in": 7200, "refresh_expires_in": 9},
            match=[
                responses.matchers.urlencoded_params_matcher(
                    {
                        "client_key": "stand-in-key",
                        "client_secret": "stand-in-secret",
                        "grant_type": "refresh_token",
                        "refresh_token": "rft.1",
                    }
                )
            ],
        )
        assert gateway.renew_tokens("rft.1") == gateway.Tokens("act.2", "rft.2", 7200, 9)


def test_videos_of_the_stand_in_stay_the_same_and_grow(real_now: datetime) -> None:
    person = people.BY_SLUG["large"]
    today = {video["id"]: video for video in people.videos(person, real_now, before=None, count=20)}
    tomorrow = {
        video["id"]: video for video in people.videos(person, real_now + timedelta(days=1), before=None, count=20)
    }
    both = today.keys() & tomorrow.keys()
    assert len(both) >= 18
    assert all(int(str(tomorrow[each]["view_count"])) >= int(str(today[each]["view_count"])) for each in both)
