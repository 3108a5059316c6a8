"""How Mika looks after members: welcome words, a note, a seat for another creator; and how staff set the share."""

from datetime import timedelta

from portal.accounts.models import Creator, User
from portal.demo.clock import Clock
from portal.programs.actions import open_wave
from portal.programs.models import Program
from portal.programs.waves import next_in_line
from subscriptions.actions.calendar import renew_feed
from subscriptions.actions.members import give_complimentary, write_note
from subscriptions.actions.shares import announce_share, publish_share
from subscriptions.models import Tier

WELCOME = {
    1: "Welcome to the table. Begin with Tuesday rice; everything else can wait.",
    2: "Come in, mind the step. The chat is open, and :pan: is yours.",
    3: "Sit down. Ask me something this week, and I will answer it on camera.",
}


def write_welcomes(mika: Creator) -> None:
    for rank, words in WELCOME.items():
        Tier.objects.filter(creator=mika, rank=rank).update(welcome=words)


def look_after(clock: Clock, mika: Creator, creators: dict[str, Creator], people: dict[str, User]) -> None:
    """Tomás gets a seat for a month, Sam's question is noted, Sam's payments go into a calendar."""
    give_complimentary(
        creator=mika,
        fans=[creators["tomas"].user],
        tier=Tier.objects.get(creator=mika, rank=2),
        reason="You showed me the opening, I show you the omelette.",
        until=clock.now + timedelta(days=30),
        now=clock.now,
        key="demo",
    )
    write_note(creator=mika, fan=people["Sam"], text="Asked about cast iron. Answer on Tuesday.", now=clock.now)
    renew_feed(user=people["Sam"], now=clock.now)


def set_share(clock: Clock, mika: Creator, staff: User) -> None:
    """A bonus of five points for those who reach many, or who write for members; and a first wave of invitations."""
    publish_share(
        platform_bp=1_000,
        bonus_bp=500,
        lines=[(1, "followers", 10_000), (1, "views", 1_000_000), (2, "member_posts", 3)],
        effective_date=clock.now.date(),
        now=clock.now,
        note="A bonus for those who reach many, or who write for members.",
    )
    announce_share(creator=mika, now=clock.now)
    for region in ("US", "GB", "FR"):
        chosen = next_in_line(program=Program.SUBSCRIPTIONS, region=region, most=3, now=clock.now)
        open_wave(
            program=Program.SUBSCRIPTIONS, wave=f"spring-{region.lower()}", creators=chosen, by=staff, now=clock.now
        )
