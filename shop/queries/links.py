"""Questions about links and clicks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from portal.accounts.models import Creator
from portal.programs.models import Program
from portal.programs.queries import is_enrolled
from shop.attribution import Touched
from shop.models import Click, Link
from shop.queries.catalog import best_version, versions_for

# Longer than any window, so that a click just outside it can still be shown as the reason.
LOOK_BACK = timedelta(days=120)
# Nobody needs more to decide; somebody may click a thousand times to find out.
MOST_CLICKS = 200


def rate_at(link: Link, at: datetime) -> int:
    """What a click on this link at that moment earns, in basis points.

    A raise counts at once; a cut does not touch the link before its lock ends.
    """
    offer = best_version(versions_for(link.product, link.creator), at)
    paid = offer.rate_bp if offer else 0
    return max(paid, link.rate_bp) if at < link.locked_until else paid


def clicks_of_buyer(*, brand_id: int, visitor: str, placed_at: datetime) -> list[Click]:
    """The newest clicks of one visitor on links to one brand's products; those after the order too."""
    return list(
        Click.objects.filter(visitor=visitor, link__product__brand_id=brand_id, at__gte=placed_at - LOOK_BACK)
        .select_related("link__creator__user", "link__product", "link__terms")
        .order_by("-at", "-pk")[:MOST_CLICKS]
    )


def touched(clicks: Sequence[Click], *, buyer_hash: str, hash_of: dict[int, str]) -> list[Touched]:
    """The clicks as `attribution` wants them. `hash_of` holds the hashed email of each link's creator.

    A click is the creator's own when the creator was signed in, when the same visitor ever was, or when the buyer's
    email is the creator's.
    """
    known_as = {(click.visitor, click.link.creator_id) for click in clicks if click.flag == Click.Flag.OWN}
    enrolled: dict[tuple[int, datetime], bool] = {}
    found = []
    for click in clicks:
        link = click.link
        moment = (link.creator_id, click.at)
        if moment not in enrolled:
            enrolled[moment] = _was_enrolled(link.creator, click.at)
        found.append(
            Touched(
                click_id=click.pk,
                at=click.at,
                product_id=link.product_id,
                window=link.window,
                flag=click.flag,
                is_own=(click.visitor, link.creator_id) in known_as
                or bool(buyer_hash and buyer_hash == hash_of.get(link.creator_id)),
                was_listed=link.product.is_listed(click.at) and (link.closed_at is None or link.closed_at > click.at),
                was_enrolled=enrolled[moment],
            )
        )
    return found


def _was_enrolled(creator: Creator, at: datetime) -> bool:
    return is_enrolled(creator=creator, program=Program.SHOP, on=at.date(), now=at)
