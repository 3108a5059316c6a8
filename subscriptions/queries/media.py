"""What belongs to a post, ready for its page."""

from dataclasses import dataclass
from datetime import datetime

from subscriptions.links import signed_address
from subscriptions.models import Media, Post, Rendition
from subscriptions.queries.access import Viewer


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing of a post. `address` is signed for this viewer; pictures have widths to choose from instead."""

    media: Media
    address: str
    renditions: list[Rendition]

    @property
    def srcset(self) -> str:
        return ", ".join(f"{one.address} {one.width}w" for one in self.renditions)

    @property
    def largest(self) -> Rendition | None:
        return self.renditions[-1] if self.renditions else None

    @property
    def smallest(self) -> Rendition | None:
        return self.renditions[0] if self.renditions else None

    @property
    def is_in_text(self) -> bool:
        """The text shows the picture itself, by its address."""
        return f"/media/{self.media.public_id}/" in self.media.post.body


def media_of(*, post: Post, viewer: Viewer, at: datetime) -> list[Shown]:
    """Everything that belongs to a post, in the order it was brought. Three queries; ask only for who may read it."""
    rows = post.media.prefetch_related("renditions", "captions").order_by("pk")
    found = []
    for media in rows:
        media.post = post
        renditions = sorted(media.renditions.all(), key=lambda one: one.width)
        for one in renditions:
            one.media = media
        for captions in media.captions.all():
            captions.media = media
        address = "" if media.kind == Media.Kind.PICTURE else signed_address(media=media, viewer=viewer, now=at)
        found.append(Shown(media, address, renditions))
    return found
