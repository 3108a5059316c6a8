"""Mika opens tiers, fans join through the hosted checkout, and life happens to their memberships."""

import io
from datetime import datetime

from PIL import Image, ImageDraw

from portal.accounts.models import Creator, User
from portal.demo.chapters import care
from portal.demo.clock import Clock
from portal.payments.models import Customer
from portal.sandbox.engine import box
from portal.sandbox.errors import ApiError
from subscriptions.actions.changes import change_plan
from subscriptions.actions.chat import open_room, send_message
from subscriptions.actions.checkout import start_checkout
from subscriptions.actions.emojis import add_emoji, review_version
from subscriptions.actions.memberships import cancel_membership
from subscriptions.actions.posts import write_post
from subscriptions.actions.quotes import quote_change, quote_join
from subscriptions.actions.tiers import add_tier, ensure_benefit, publish_tier, set_prices
from subscriptions.models import Benefit, Checkout, Membership, Post, Tier

GOOD, DECLINED, FAILS_LATER, DISPUTED = (
    "4242424242424242",
    "4000000000000002",
    "4000000000000341",
    "4000000000000259",
)
KIND = Benefit.Kind
# name, price, badge, description, what it adds to the tier below
TIERS = (
    ("Table", 499, "Table", "A seat at the table: every recipe in writing.", (KIND.BADGE, KIND.CONTENT)),
    ("Kitchen", 999, "Kitchen", "Come in: the chat, and the emojis that belong to it.", (KIND.EMOJIS, KIND.CHAT)),
    (
        "Chef's counter",
        2499,
        "Counter",
        "Sit where it happens: a question answered on camera each month.",
        (KIND.CUSTOM,),
    ),
)
TITLES = {
    KIND.BADGE: "A badge beside your name",
    KIND.CONTENT: "Every recipe in writing",
    KIND.EMOJIS: "Mika's emojis",
    KIND.CHAT: "The kitchen chat",
    KIND.CUSTOM: "One question answered on camera a month",
}
POSTS = (
    (
        "Why I salt twice",
        "Salt early for the inside, late for the outside.",
        (
            "Salt pulls water out before it goes in. Give it **forty minutes**, or do it at the table.\n\n"
            "- thick cuts: the evening before\n- thin cuts: never before the pan"
        ),
        Post.Audience.PUBLIC,
    ),
    (
        "Tuesday rice, the whole recipe",
        "Rice, egg, spring onion, and the order that matters.",
        (
            "1. Cook the rice **yesterday**.\n2. Hot pan, cold oil.\n3. Egg first, out again.\n4. Rice, and leave it alone "
            "until it sings.\n\nThe soy goes around the edge, never in the middle. :pan:"
        ),
        Post.Audience.MEMBERS,
    ),
    (
        "What the butcher told me",
        "Three cuts nobody asks for, and what to do with each.",
        "Flat iron, bavette, and the one without a name. Ask on a Thursday.",
        Post.Audience.TIER,
    ),
)
# fan, tier, card
JOINS = (
    ("Sam", 1, GOOD),
    ("Ana", 0, GOOD),
    ("Ben", 0, GOOD),
    ("Chi", 2, GOOD),
    ("Dara", 1, GOOD),
    ("Eli", 0, DISPUTED),
    ("Fay", 1, GOOD),
    ("Gus", 0, DECLINED),
    ("Hana", 2, GOOD),
)
SAID = (
    ("Sam", "The rice worked :pan:"),
    ("Dara", "Second try. The first one is now a cracker."),
    ("Mika", "Crackers are how I found out, too."),
    ("Hana", "Question for the counter: cast iron or carbon steel?"),
    ("Mika", "Carbon steel. I will show why on Tuesday."),
)


def open_tiers(clock: Clock, mika: Creator, staff: User) -> list[Tier]:
    """Three tiers, each holding the one below; two emojis that staff approve; posts for each kind of reader."""
    tiers = []
    for rank, (name, price, badge, text, kinds) in enumerate(TIERS, start=1):
        benefits = [ensure_benefit(creator=mika, kind=kind, title=TITLES[kind]) for kind in kinds]
        tier = add_tier(
            creator=mika,
            name=name,
            amount_minor=price,
            rank=rank,
            description=text,
            badge=badge,
            benefits=benefits,
            now=clock.now,
        )
        tiers.append(publish_tier(tier=tier, now=clock.now))
    care.write_welcomes(mika)
    # By the year two months are free.
    set_prices(tier=tiers[1], amounts={"month": TIERS[1][1], "year": 10 * TIERS[1][1]}, now=clock.now)
    for name, color in (("pan", (52, 58, 64)), ("chili", (190, 40, 30))):
        emoji = add_emoji(creator=mika, name=name, image=_drawing(name, color), now=clock.now)
        review_version(version=emoji.versions.get(), approve=True, by=staff, now=clock.now)
    return tiers


def write_posts(clock: Clock, mika: Creator, tiers: list[Tier]) -> None:
    for title, teaser, body, audience in POSTS:
        tier = tiers[1] if audience == Post.Audience.TIER else None
        write_post(
            creator=mika,
            title=title,
            teaser=teaser,
            body=body,
            audience=audience,
            tier=tier,
            publish=True,
            now=clock.now,
        )
        clock.pass_time(days=2)


def agree_to_join(fan: User, tier: Tier, now: datetime, code: str = "") -> Checkout:
    """Look at the offer, with a code or without, agree, and go to the provider's page."""
    quote = quote_join(fan=fan, tier=tier, code=code, now=now)
    return start_checkout(quote=quote, signature=quote.signature, by=fan, now=now)


def join(clock: Clock, tiers: list[Tier], people: dict[str, User]) -> int:
    """Fans pay on the hosted page, each with a test card; how many are members afterwards."""
    for name, tier, card in JOINS:
        checkout = agree_to_join(people[name], tiers[tier], clock.now)
        try:
            box().complete_checkout(checkout.stripe_session_id, card=card, email=people[name].email)
        except ApiError as refused:
            if card != DECLINED or refused.status != 402:
                raise
        clock.bring_events()
        clock.pass_time(hours=7)
    return Membership.objects.going_on().count()


def talk(clock: Clock, mika: Creator, people: dict[str, User]) -> int:
    room = open_room(creator=mika)
    for number, (name, text) in enumerate(SAID):
        send_message(room=room, author=people[name], text=text, nonce=f"demo-{number}", now=clock.now)
        clock.pass_time(minutes=2)
    return len(SAID)


def change_of_heart(clock: Clock, people: dict[str, User]) -> None:
    """Ana goes up a tier and pays her part; Fay cancels; Ben's new card will not pay next month."""
    ana = Membership.objects.get(fan=people["Ana"])
    up = quote_change(membership=ana, tier=Tier.objects.get(creator=ana.creator, rank=2), now=clock.now)
    change_plan(quote=up, signature=up.signature, by=people["Ana"], now=clock.now)
    clock.bring_events()
    ben = Customer.objects.get(user=people["Ben"])
    box().replace_card(ben.stripe_id, card=FAILS_LATER)
    membership = Membership.objects.get(fan=people["Fay"])
    cancel_membership(membership=membership, by=people["Fay"], now=clock.now, reason="too_expensive")
    clock.bring_events()


def _drawing(name: str, color: tuple[int, int, int]) -> io.BytesIO:
    """A picture drawn here, so that none has to be shipped."""
    image = Image.new("RGBA", (224, 224), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    if name == "pan":
        pen.ellipse((16, 60, 152, 196), fill=color)
        pen.ellipse((34, 78, 134, 178), fill=(92, 98, 104))
        pen.line((140, 84, 208, 28), fill=color, width=22)
    else:
        pen.pieslice((24, 24, 260, 260), 180, 262, fill=color)
        pen.line((40, 60, 24, 24), fill=(58, 120, 60), width=16)
    file = io.BytesIO()
    image.save(file, "PNG")
    file.seek(0)
    return file
