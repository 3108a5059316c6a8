from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.accounts.models import Creator
from portal.kit.access import public
from portal.kit.page import page
from subscriptions.models import Membership
from subscriptions.queries.access import opens_at, perks
from subscriptions.queries.badges import own_badge
from subscriptions.queries.members import with_member_count
from subscriptions.queries.pools import pools_on_show, with_pools
from subscriptions.queries.posts import post_cards
from subscriptions.queries.promises import promise_boards
from subscriptions.queries.seasons import with_windows
from subscriptions.queries.tiers import offers
from subscriptions.views.sharing import structured_data


@public
@require_safe
def creator_page(request: HttpRequest, handle: str) -> HttpResponse:
    """What a creator offers, and what they wrote: tiers first, posts with their locks below."""
    creator = get_object_or_404(with_pools(with_member_count(Creator.objects.all())), handle=handle)
    now = timezone.now()
    mine = perks(viewer=request.user, creator=creator, at=now)
    membership = None
    if request.user.is_authenticated:
        going_on = Membership.objects.going_on().filter(fan=request.user, creator=creator)
        membership = going_on.select_related("tier").first()
    asked = request.GET.get("pay", "")
    offered = offers(creator=creator, at=now, interval=asked)
    offered = with_windows(offers=offered, viewer=request.user, at=now)
    intervals = {price.months: (price.interval, price.every) for offer in offered for price in offer.prices}
    sold = [interval for _months, (interval, _every) in sorted(intervals.items())]
    context = {
        "creator": creator,
        "offers": offered,
        "intervals": [intervals[months] for months in sorted(intervals)],
        "interval": asked if asked in sold else next(iter(sold), ""),
        "site_url": settings.SITE_URL,
        "structured_data": structured_data(creator, offered),
        "cards": post_cards(creator=creator, mine=mine, at=now),
        "mine": mine,
        "membership": membership,
        "opens_at": opens_at(membership=membership, mine=mine) if membership else None,
        "boards": promise_boards(creator=creator, at=now),
        "pools": pools_on_show(creator=creator, at=now),
        "badge": own_badge(viewer=request.user, creator=creator, mine=mine, at=now),
    }
    return private(page(request, "subscriptions/creator_page.html", context))


def private(response: HttpResponse) -> HttpResponse:
    """What depends on who looks is kept by nobody on the way."""
    response.headers["Cache-Control"] = "private, no-cache"
    return response
