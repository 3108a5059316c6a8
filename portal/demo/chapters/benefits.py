"""What members get: emojis, one of which moves, months from before the portal, and promises that are kept."""

import io
import math
from datetime import timedelta

from PIL import Image, ImageDraw

from portal.accounts.models import Creator, User
from portal.demo.clock import Clock
from subscriptions.actions.chat import open_room, send_message
from subscriptions.actions.emojis import add_emoji, replace_art, review_version
from subscriptions.actions.grants import give_grant
from subscriptions.actions.posts import write_post
from subscriptions.actions.promises import state_promise
from subscriptions.models import Emoji, EmojiVersion, Grant, Post, Tier, TierPromise

# fan, tier, months before the portal
CARRIED_OVER = (("Hana", 2, 26), ("Chi", 2, 13), ("Sam", 1, 5), ("Ana", 0, 2))
PROMISED = (
    ("Two stocks and when to use which", "One for soup, one for everything else."),
    ("A week from one chicken", "Sunday roast, Saturday soup, and five things between."),
)
SESSION = (
    "Knives out: ask me anything for ten minutes.",
    "Sharpen on Sundays. A dull knife is the dangerous one.",
    "Twenty degrees a side, and count your strokes.",
    "No, not in the dishwasher. Not even once.",
    "That was ten minutes. Same time next month :pan:",
)


def promise(clock: Clock, mika: Creator, tiers: list[Tier]) -> None:
    """Two posts a month from the first tier on, a chat session from the second."""
    for tier, kind, times in ((tiers[0], TierPromise.Kind.POSTS, 2), (tiers[1], TierPromise.Kind.CHATS, 1)):
        state_promise(tier=tier, kind=kind, a_month=times, by=mika.user, now=clock.now)


def carry_over(clock: Clock, mika: Creator, tiers: list[Tier], people: dict[str, User]) -> None:
    """Members Mika had before there was a portal keep their months."""
    for name, tier, months in CARRIED_OVER:
        give_grant(
            fan=people[name],
            kind=Grant.Kind.GIFTED,
            by=mika.user,
            reason="Months from before the portal",
            tier=tiers[tier],
            now=clock.now - timedelta(days=30.44 * months),
            until=clock.now + timedelta(days=8),
            key=f"before:{name}",
        )


def bring_emojis(clock: Clock, mika: Creator, tiers: list[Tier], staff: User) -> None:
    """One that moves, one for the highest tier, one that was not approved; and two that wait for somebody to look."""
    steam = add_emoji(creator=mika, name="steam", image=_steam(), now=clock.now)
    star = add_emoji(creator=mika, name="star", image=_star((214, 158, 46)), tier=tiers[2], now=clock.now)
    speck = add_emoji(creator=mika, name="speck", image=_star((250, 250, 244), side=30), now=clock.now)
    for emoji in (steam, star):
        review_version(version=emoji.versions.get(), approve=True, by=staff, now=clock.now)
    code = EmojiVersion.Code.UNREADABLE
    review_version(version=speck.versions.get(), approve=False, code=code, by=staff, now=clock.now)


def bring_newer_art(clock: Clock, mika: Creator, tomas: Creator) -> None:
    """New art waits beside the old; and another creator's star looks much like Mika's."""
    replace_art(emoji=Emoji.objects.get(creator=mika, name="star"), image=_star((199, 75, 45)), now=clock.now)
    add_emoji(creator=tomas, name="winner", image=_star((206, 150, 50)), now=clock.now)


def keep_promises(clock: Clock, mika: Creator) -> int:
    """Both posts and the chat session of the month; how many messages were said."""
    room = open_room(creator=mika)
    for title, teaser in PROMISED:
        write_post(
            creator=mika,
            title=title,
            teaser=teaser,
            body=f"{teaser} The long version is in the making; this is what you need for Tuesday.",
            audience=Post.Audience.MEMBERS,
            publish=True,
            now=clock.now,
        )
        clock.pass_time(days=1)
    for number, text in enumerate(SESSION):
        send_message(room=room, author=mika.user, text=text, nonce=f"session-{number}", now=clock.now)
        clock.pass_time(minutes=2)
    return len(SESSION)


def _steam() -> io.BytesIO:
    """A bowl with steam that sways: twelve frames, no flash."""
    frames = []
    for number in range(12):
        image = Image.new("RGBA", (168, 168), (0, 0, 0, 0))
        pen = ImageDraw.Draw(image)
        pen.pieslice((14, 56, 154, 164), 0, 180, fill=(178, 74, 40))
        pen.rectangle((10, 104, 158, 116), fill=(214, 120, 60))
        for stream in range(3):
            points = [
                (48 + 36 * stream + 9 * math.sin(row / 9 + 2 * math.pi * number / 12 + stream), 96 - row)
                for row in range(0, 72, 4)
            ]
            pen.line(points, fill=(120, 130, 138), width=9, joint="curve")
        frames.append(image)
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=90, loop=0, lossless=True)
    file.seek(0)
    return file


def _star(color: tuple[int, int, int], *, side: int = 200) -> io.BytesIO:
    image = Image.new("RGBA", (224, 224), (0, 0, 0, 0))
    points = []
    for number in range(10):
        reach = side / 2 if number % 2 == 0 else side / 4.6
        angle = math.pi * number / 5
        points.append((112 + reach * math.sin(angle), 112 - reach * math.cos(angle)))
    ImageDraw.Draw(image).polygon(points, fill=color)
    file = io.BytesIO()
    image.save(file, "PNG")
    file.seek(0)
    return file
