"""The people of the stand-in, and their videos: the same for everybody who asks on the same day."""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2024, 1, 1, 15, 30, tzinfo=UTC)
SUBJECTS = (
    "Bread",
    "Pasta",
    "A broken chain",
    "Morning market",
    "Ten minutes",
    "One pot",
    "What went wrong",
    "Answers",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody one can be at the stand-in."""

    slug: str
    name: str
    username: str
    followers: int
    every_hours: int
    usual_views: int

    @property
    def open_id(self) -> str:
        return f"-000{zlib.crc32(self.slug.encode()):010d}StandIn"


PEOPLE = (
    Person("large", "Mika cooks", "mika.cooks", 182_340, 22, 96_000),
    Person("small", "Noor repairs", "noor.repairs", 1_214, 50, 640),
    Person("new", "Toni starts", "toni.starts", 41, 200, 25),
)
BY_SLUG = {person.slug: person for person in PEOPLE}


def profile(person: Person, now: datetime) -> dict[str, object]:
    """Every field of user.info.basic, .profile and .stats."""
    return {
        "open_id": person.open_id,
        "union_id": f"union-{person.slug}",
        "avatar_url": "https://p16.example/avatar.jpeg",
        "display_name": person.name,
        "username": person.username,
        "bio_description": "A person of the stand-in.",
        "profile_deep_link": f"https://vm.tiktok.example/{person.username}",
        "is_verified": person.followers > 100_000,
        "follower_count": person.followers,
        "following_count": 120,
        "likes_count": person.followers * 14,
        "video_count": _newest(person, now) + 1,
    }


def videos(person: Person, now: datetime, *, before: int | None, count: int) -> list[dict[str, object]]:
    """`count` videos older than `before` (milliseconds), newest first."""
    number = _newest(person, now)
    if before is not None:
        published = datetime.fromtimestamp(before / 1000, UTC)
        number = min(number, -((EPOCH - published) // timedelta(hours=person.every_hours)) - 1)
    return [_video(person, each, now) for each in range(number, max(-1, number - count), -1)]


def _newest(person: Person, now: datetime) -> int:
    return (now - EPOCH) // timedelta(hours=person.every_hours)


def _video(person: Person, number: int, now: datetime) -> dict[str, object]:
    published = EPOCH + number * timedelta(hours=person.every_hours)
    luck = zlib.crc32(f"{person.slug}:{number}".encode())
    final = person.usual_views * (40 + luck % 160) // 100
    # Half of a video's views come on its first day, nine tenths within four.
    days = max(0.0, (now - published) / timedelta(days=1))
    views = int(final * days / (days + 1))
    return {
        "id": str(7_300_000_000_000_000_000 + luck % 10**6 * 10**9 + number),
        "create_time": int(published.timestamp()),
        "title": f"{SUBJECTS[luck % len(SUBJECTS)]} #{number}",
        "share_url": f"https://www.tiktok.example/@{person.username}/video/{number}",
        "duration": 20 + luck % 140,
        "is_aigc": luck % 23 == 0,
        "view_count": views,
        "like_count": views // 12,
        "comment_count": views // 150,
        "share_count": views // 240,
    }
