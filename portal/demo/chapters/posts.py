"""Mika's posts of the last days: a film with captions, a picture, a list to print, a poll, early access, a plan."""

import io
import math
from datetime import datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFilter

from portal.accounts.models import Creator, User
from portal.demo.clock import Clock
from portal.demo.film import film
from subscriptions.actions.comments import react, remove_comment, report_comment, write_comment
from subscriptions.actions.media import add_captions, add_media
from subscriptions.actions.polls import ask_poll, vote
from subscriptions.actions.posts import note_reading, pin_post, write_post
from subscriptions.models import Comment, Post, Tier
from subscriptions.queries.access import perks
from subscriptions.tasks import announce_posts

CAPTIONS = b"""WEBVTT

00:00.000 --> 00:02.000
Hot pan, cold oil.

00:02.000 --> 00:04.000
Now leave it alone until it sings.
"""
LIST = """Tuesday rice, for two

[ ] 200 g rice, cooked yesterday
[ ] 2 eggs
[ ] 3 spring onions
[ ] soy sauce, the dark one
"""
VOTES = (("Sam", 0), ("Ana", 1), ("Chi", 0), ("Dara", 2), ("Hana", 0))
# Who says what; a number: it answers that comment.
SAID: tuple[tuple[str, str, int | None], ...] = (
    ("Sam", "Mine sang on the second try :pan:", None),
    ("Dara", "How hot is hot?", None),
    ("Mika", "A drop of water dances. If it sits there and steams, wait.", 1),
    ("Dara", "It dances!", 1),
    ("Ana", "Could you show this with brown rice?", None),
    ("Ivo", "CHEAP PANS at my shop, write to me", None),
)
NODS = (
    ("Sam", ":pan:"),
    ("Ana", "heart"),
    ("Chi", "fire"),
    ("Dara", "light-bulb"),
    ("Hana", "heart"),
    ("Gus", "face-smile"),
)


def publish(clock: Clock, mika: Creator, people: dict[str, User]) -> None:
    """Everything a post can be, once."""
    tiers = {tier.rank: tier for tier in Tier.objects.filter(creator=mika)}
    pin_post(post=Post.objects.get(creator=mika, title="Why I salt twice"), pinned=True, now=clock.now)
    singing = _singing(mika, clock.now)
    _talk(clock, singing, people)
    _vote(clock, mika, people)
    write_post(
        creator=mika,
        title="A first look: the winter menu",
        teaser="Five evenings, and what they have in common. The counter reads it first.",
        body="Roots, smoke, and one very long Sunday.\n\n1. Celeriac in salt\n2. Beans that took a day\n3. Bread soup",
        audience=Post.Audience.TIER,
        tier=tiers[3],
        opens_at=clock.now + timedelta(days=10),
        opens_to=Post.Wider.PUBLIC,
        publish=True,
        now=clock.now,
    )
    write_post(
        creator=mika,
        title="Questions from the counter, answered",
        teaser="Cast iron or carbon steel, and how to buy one for life.",
        body="Carbon steel. Here is **why**.",
        audience=Post.Audience.TIERS,
        tiers=[tiers[2], tiers[3]],
        publish=True,
        publish_at=clock.now + timedelta(days=5),
        now=clock.now,
    )
    announce_posts()


def _singing(mika: Creator, now: datetime) -> Post:
    post = write_post(
        creator=mika,
        title="How a pan sounds when it is ready",
        teaser="Four seconds of film, a picture, and the list to print.",
        body="Listen for it. **Before** the oil smokes, the pan begins to sing.\n\nThe list is below, for the door of the fridge.",
        audience=Post.Audience.MEMBERS,
        publish=True,
        now=now,
    )
    moving = film([_pan(n / 32) for n in range(32)], per_second=8)
    video = add_media(
        post=post, file=SimpleUploadedFile("singing-pan.webm", moving), now=now, description="A pan heats up"
    )
    captions = SimpleUploadedFile("en.vtt", CAPTIONS)
    add_captions(media=video, language="en", label="English", file=captions, now=now)
    still = io.BytesIO()
    _pan(0.8, size=(1600, 900)).save(still, "JPEG", quality=88)
    picture = SimpleUploadedFile("pan.jpg", still.getvalue())
    add_media(post=post, file=picture, now=now, description="A hot pan from above, its oil in small waves")
    add_media(post=post, file=SimpleUploadedFile("tuesday-rice.txt", LIST.encode()), now=now)
    return post


def _readers(post: Post, people: dict[str, User], now: datetime) -> dict[str, User]:
    """Who can read it by now; other chapters let some members pause or leave."""
    return {
        name: person
        for name, person in people.items()
        if perks(viewer=person, creator=post.creator, at=now).may_read(post)
    }


def _talk(clock: Clock, post: Post, everybody: dict[str, User]) -> None:
    people = _readers(post, everybody, clock.now)
    said: list[Comment | None] = []
    for number, (name, text, answers) in enumerate(SAID):
        clock.pass_time(minutes=20)
        known = said[answers] if answers is not None else None
        if name not in people:
            said.append(None)
            continue
        said.append(
            write_comment(
                post=post, author=people[name], text=text, nonce=f"demo-{number}", answers=known, now=clock.now
            )
        )
    for name, sign in NODS:
        if name in people:
            react(post=post, person=people[name], sign=sign, now=clock.now)
            note_reading(post=post, reader=people[name], now=clock.now)
    brown, pans = said[4], said[5]
    if brown and "Sam" in people:
        report_comment(comment=brown, by=people["Sam"], reason="other", note="Off topic?", now=clock.now)
    if pans:
        remove_comment(comment=pans, by=people["Mika"], reason="Advertising", now=clock.now)


def _vote(clock: Clock, mika: Creator, people: dict[str, User]) -> None:
    post = write_post(
        creator=mika,
        title="What shall I cook on Tuesday?",
        teaser="Members decide until the weekend.",
        body="I have a cauliflower, a duck leg and no plan.",
        audience=Post.Audience.MEMBERS,
        publish=True,
        now=clock.now,
    )
    answers = ["The cauliflower, whole", "The duck leg", "Both, in one pot"]
    closes = clock.now + timedelta(days=6)
    poll = ask_poll(post=post, question="Tuesday is for …", options=answers, closes_at=closes, now=clock.now)
    options = list(poll.options.all())
    readers = _readers(post, people, clock.now)
    for name, choice in VOTES:
        if name in readers:
            vote(poll=poll, option=options[choice], voter=readers[name], now=clock.now)


def _pan(heat: float, size: tuple[int, int] = (480, 270)) -> Image.Image:
    """A pan from above on a dark stove; the hotter, the redder its ring, and the more its oil moves."""
    width, height = size
    unit = height / 9
    picture = Image.new("RGB", size, (34, 38, 36))
    pen = ImageDraw.Draw(picture)
    x, y = width * 0.44, height / 2
    ring = (int(70 + 175 * heat), int(52 + 30 * heat), 40)
    for radius, color in ((3.9, ring), (3.5, (24, 26, 26)), (3.2, (62, 66, 68))):
        pen.ellipse((x - radius * unit, y - radius * unit, x + radius * unit, y + radius * unit), fill=color)
    pen.rounded_rectangle((x + 3.4 * unit, y - 0.35 * unit, x + 8 * unit, y + 0.35 * unit), unit / 4, fill=(92, 60, 42))
    for number in range(9):
        angle = number * 0.7 + heat * 6
        far = (0.6 + 0.22 * number) * unit
        swell = (0.28 + 0.2 * heat * math.sin(angle * 3)) * unit
        at_x, at_y = x + far * math.cos(angle), y + far * math.sin(angle)
        pen.ellipse((at_x - swell, at_y - swell, at_x + swell, at_y + swell), fill=(214, 172, 84))
    return picture.filter(ImageFilter.GaussianBlur(max(1.0, unit / 18)))
