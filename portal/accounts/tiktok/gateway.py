"""The one place that talks to TikTok's API v2. Nothing here touches our rows.

Sources: developers.tiktok.com, "Manage user access tokens", "Get user info", "List videos" (v2).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.conf import settings
from requests import RequestException, Session

API = "https://open.tiktokapis.com"
TOKEN_URL = f"{API}/v2/oauth/token/"
PERSON_URL = f"{API}/v2/user/info/"
VIDEOS_URL = f"{API}/v2/video/list/"
TIMEOUT_SECONDS = 10
VIDEOS_A_PAGE = 20  # the most TikTok gives
MOST_PAGES = 50

SCOPES = ("user.info.basic", "user.info.profile", "user.info.stats", "video.list")
PERSON_FIELDS = {
    "user.info.basic": ("open_id", "union_id", "avatar_url", "display_name"),
    "user.info.profile": ("username", "bio_description", "profile_deep_link", "is_verified"),
    "user.info.stats": ("follower_count", "following_count", "likes_count", "video_count"),
}
VIDEO_FIELDS = "id,create_time,title,share_url,duration,is_aigc,view_count,like_count,comment_count,share_count"


class TikTokUnreachable(Exception):
    """No answer, or one that says "later"; worth another attempt."""


class TikTokRefused(Exception):
    """TikTok said no. `code` is TikTok's word: invalid_grant, access_token_invalid, scope_not_authorized…"""

    def __init__(self, code: str, message: str = "") -> None:
        self.code = code
        super().__init__(f"{code}: {message}" if message else code)


@dataclass(frozen=True, slots=True)
class Tokens:
    access_token: str
    refresh_token: str
    expires_in: int
    refresh_expires_in: int


@dataclass(frozen=True, slots=True)
class VideoFacts:
    video_id: str
    title: str
    share_url: str
    published_at: datetime
    duration_seconds: int
    is_aigc: bool
    view_count: int
    like_count: int
    comment_count: int
    share_count: int


def person_fields() -> str:
    return ",".join(field for scope in SCOPES for field in PERSON_FIELDS.get(scope, ()))


def open_session() -> Session:
    """A session with a time limit. Without keys, calls to TikTok are answered by the stand-in, in this process."""
    session = Session()
    session.request = partial(session.request, timeout=TIMEOUT_SECONDS)  # type: ignore[method-assign]
    if settings.TIKTOK_STAND_IN:
        from portal.accounts.tiktok.stand_in.transport import StandInTransport

        session.mount(API, StandInTransport())
    return session


def renew_tokens(refresh_token: str) -> Tokens:
    """Trade a refresh token for a new pair. The old refresh token may be void from this moment on."""
    answer = _call(
        "POST",
        TOKEN_URL,
        data={
            "client_key": settings.TIKTOK_CLIENT_KEY,
            "client_secret": settings.TIKTOK_CLIENT_SECRET,
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
        },
    )
    if "access_token" not in answer:
        raise TikTokRefused(str(answer.get("error", "unknown")), str(answer.get("error_description", "")))
    return Tokens(
        access_token=answer["access_token"],
        refresh_token=answer.get("refresh_token") or refresh_token,
        expires_in=int(answer["expires_in"]),
        refresh_expires_in=int(answer.get("refresh_expires_in", 0)),
    )


def read_person(access_token: str) -> dict[str, Any]:
    """Profile and counts: follower_count, following_count, likes_count, video_count and the names."""
    answer = _call("GET", PERSON_URL, token=access_token, params={"fields": person_fields()})
    return dict(_data(answer)["user"])


def list_videos(access_token: str, *, since: datetime) -> Iterator[VideoFacts]:
    """Public videos published at or after `since`, newest first; as many pages as that takes (at most 50)."""
    cursor: int | None = None
    for _page in range(MOST_PAGES):
        body = {"max_count": VIDEOS_A_PAGE} | ({"cursor": cursor} if cursor is not None else {})
        data = _data(_call("POST", VIDEOS_URL, token=access_token, params={"fields": VIDEO_FIELDS}, json=body))
        for video in data.get("videos", ()):
            facts = _video(video)
            if facts.published_at < since:
                return
            yield facts
        # A page may be short, or even empty, though there are more.
        if not data.get("has_more"):
            return
        cursor = data["cursor"]


def _video(video: dict[str, Any]) -> VideoFacts:
    return VideoFacts(
        video_id=str(video["id"]),
        title=str(video.get("title", ""))[:150],
        share_url=str(video.get("share_url", ""))[:300],
        published_at=datetime.fromtimestamp(int(video["create_time"]), UTC),
        duration_seconds=int(video.get("duration", 0)),
        is_aigc=bool(video.get("is_aigc", False)),
        view_count=int(video.get("view_count", 0)),
        like_count=int(video.get("like_count", 0)),
        comment_count=int(video.get("comment_count", 0)),
        share_count=int(video.get("share_count", 0)),
    )


def _call(method: str, url: str, *, token: str = "", **arguments: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with open_session() as session:
            response = session.request(method, url, headers=headers, **arguments)
        answer = response.json()
    except (RequestException, ValueError) as error:
        raise TikTokUnreachable(str(error)) from error
    if response.status_code == 429 or response.status_code >= 500:
        raise TikTokUnreachable(f"HTTP {response.status_code}")
    if not isinstance(answer, dict):
        raise TikTokUnreachable("the answer is no object")
    return answer


def _data(answer: dict[str, Any]) -> dict[str, Any]:
    error = answer.get("error") or {}
    if error.get("code", "ok") != "ok":
        raise TikTokRefused(str(error["code"]), str(error.get("message", "")))
    return dict(answer["data"])
