"""Emojis to use, slots to fill, and what looks alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from portal.accounts.models import Creator
from subscriptions.models import Emoji, EmojiPoints, EmojiVersion, Grant, Tier
from subscriptions.queries.access import Perks
from subscriptions.studio.likeness import ALIKE_WITHIN, alike_percent, apart

# Subscriber points by tier rank: the first tier 1, the second 2, the third and above 6 (Twitch, 2023).
POINTS_OF_RANK = {1: 1, 2: 2}
POINTS_OF_HIGH_RANKS = 6
# Points → slots for every member. Five to begin with and nine at 50 are Twitch's affiliate slots of 2021; from 125 points
# on its partner table of 2017. One more for each tier above the lowest, for that tier and those above (2019).
MOST_TO_REVIEW = 500
SLOTS = ((0, 5), (50, 9), (125, 10), (500, 20), (2_000, 30), (4_000, 40), (7_000, 50))


@dataclass(frozen=True, slots=True)
class Slots:
    """`most_points` is the all-time maximum that `total` rests on; `next_at` the points of the next step, if any."""

    points: int
    most_points: int
    for_all: int
    for_tiers: int
    taken: int
    next_at: int | None
    next_for_all: int | None

    @property
    def total(self) -> int:
        return self.for_all + self.for_tiers

    @property
    def left(self) -> int:
        return max(0, self.total - self.taken)

    @property
    def points_missing(self) -> int:
        return self.next_at - self.most_points if self.next_at is not None else 0


def emoji_addresses(creator: Creator) -> dict[str, str]:
    """Name → address of every emoji that is live, for what the creator writes. One query."""
    return {emoji.name: emoji.address() for emoji in Emoji.objects.usable().filter(creator=creator)}


def usable_emojis(*, creator: Creator, mine: Perks) -> dict[str, str]:
    """Name → address of what this viewer may write: by the tier their grants open. One query, none without the right."""
    if not mine.emojis:
        return {}
    rank = mine.tier.rank if mine.tier else 0
    rows = Emoji.objects.usable().filter(creator=creator)
    return {emoji.name: emoji.address() for emoji in rows if mine.is_owner or emoji.rank <= rank}


def subscriber_points(*, creator: Creator, at: datetime) -> int:
    """The points of everybody whose paid or given time runs, each counted once with the highest tier. One query."""
    rows = Grant.objects.live(at).filter(
        creator=creator, tier__isnull=False, kind__in=(Grant.Kind.PAID, Grant.Kind.GIFTED)
    )
    ranks = rows.values("fan").annotate(rank=Max("tier__rank")).values_list("rank", flat=True)
    return sum(POINTS_OF_RANK.get(rank, POINTS_OF_HIGH_RANKS) for rank in ranks.order_by())


def slots_for(points: int) -> int:
    """How many emojis for every member so many points open."""
    return max(slots for least, slots in SLOTS if points >= least)


def emoji_slots(*, creator: Creator, at: datetime) -> Slots:
    """How many emojis a creator may have, and what would bring more. Four queries."""
    points = subscriber_points(creator=creator, at=at)
    known = EmojiPoints.objects.filter(creator=creator).values_list("most", flat=True).first()
    most = max(points, known or 0)
    tiers = Tier.objects.on_sale().filter(creator=creator).count()
    following = next(((least, slots) for least, slots in SLOTS if least > most), (None, None))
    return Slots(
        points=points,
        most_points=most,
        for_all=slots_for(most),
        for_tiers=max(0, tiers - 1),
        taken=Emoji.objects.kept().filter(creator=creator).count(),
        next_at=following[0],
        next_for_all=following[1],
    )


@dataclass(frozen=True, slots=True)
class Likeness:
    """Another creator's emoji that looks alike."""

    version: EmojiVersion
    percent: int


def alike(*, versions: Iterable[EmojiVersion], most: int = 3) -> dict[int, list[Likeness]]:
    """Version id → other creators' emojis that look like it, the most alike first. One query, however many are asked.

    Compared with whatever is live or waits for a look; a mirrored copy was given the fingerprint of both sides.
    """
    asked = [version for version in versions if version.fingerprint]
    if not asked:
        return {}
    kept = (EmojiVersion.State.APPROVED, EmojiVersion.State.PENDING)
    others = list(
        EmojiVersion.objects.filter(state__in=kept, emoji__retired_at__isnull=True)
        .exclude(fingerprint="")
        .select_related("emoji__creator")
    )
    return {version.pk: _nearest(version, others)[:most] for version in asked}


def _nearest(version: EmojiVersion, others: list[EmojiVersion]) -> list[Likeness]:
    found = []
    for other in others:
        if other.emoji.creator_id == version.emoji.creator_id:
            continue
        pairs = [(version.fingerprint, other.fingerprint), (version.mirror, other.fingerprint)]
        nearest = min(((apart(*pair), pair) for pair in pairs if all(pair)), default=None)
        if nearest and nearest[0] <= ALIKE_WITHIN:
            found.append(Likeness(other, alike_percent(*nearest[1])))
    return sorted(found, key=lambda likeness: -likeness.percent)


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One part of the legibility score, with the sentence that explains its points."""

    title: str
    points: int
    most: int
    sentence: str


def score_parts(version: EmojiVersion) -> list[ScorePart]:
    """The score of a picture, part by part, in words."""
    titles = {
        "light": _("On a light chat"),
        "dark": _("On a dark chat"),
        "fills": _("Fills its square"),
        "detail": _("Survives being small"),
    }
    sentences = {
        "light": _("%(measured)s%% of the drawing stands out from a light chat (3:1 or more); %(enough)s%% is enough."),
        "dark": _("%(measured)s%% of the drawing stands out from a dark chat (3:1 or more); %(enough)s%% is enough."),
        "fills": _("The drawing takes %(measured)s%% of its square; %(enough)s%% is enough."),
        "detail": _("%(measured)s%% of the drawing is lost at 28 pixels; up to %(enough)s%% costs nothing."),
    }
    return [
        ScorePart(
            titles[part["code"]],
            part["points"],
            part["most"],
            sentences[part["code"]] % {"measured": part["measured"], "enough": part["enough"]},
        )
        for part in version.measured.get("parts", [])
    ]


@dataclass(frozen=True, slots=True)
class StudioEmoji:
    """An emoji as its creator sees it: what is live, and the newest picture with its verdict."""

    emoji: Emoji
    newest: EmojiVersion

    @property
    def is_waiting(self) -> bool:
        return self.newest.state == EmojiVersion.State.PENDING


def studio_emojis(*, creator: Creator) -> list[StudioEmoji]:
    """The creator's emojis that hold a slot, by name. Two queries."""
    rows = Emoji.objects.kept().filter(creator=creator).select_related("live", "tier")
    newest: dict[int, EmojiVersion] = {}
    for version in EmojiVersion.objects.filter(emoji__in=rows).defer("measured").order_by("uploaded_at", "pk"):
        newest[version.emoji_id] = version
    return [StudioEmoji(emoji, newest[emoji.pk]) for emoji in rows if emoji.pk in newest]


def next_to_review(*, skip: str = "", at: str = "") -> tuple[EmojiVersion | None, int]:
    """The version to look at and how many wait: `at` itself while it waits, else the oldest after `skip` (public ids),
    from the beginning again at the end."""
    waiting = EmojiVersion.objects.waiting().select_related("emoji__creator", "emoji__live", "emoji__tier")
    rows = list(waiting[:MOST_TO_REVIEW])
    ids = [row.public_id for row in rows]
    if at in ids:
        return rows[ids.index(at)], len(rows)
    following = (ids.index(skip) + 1) % len(rows) if skip in ids else 0
    return (rows[following] if rows else None), len(rows)
