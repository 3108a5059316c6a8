"""A creator hears it when a member sets or takes back a cancellation: in time to do something about it."""

from datetime import datetime

from django.urls import reverse

from portal.kit.words import day_lazy
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from subscriptions.models import Membership


def tell_cancellations(*, membership: Membership, now: datetime) -> None:
    """Tell the creator of every cancellation of a membership, and of each that was taken back: each once."""
    fan, creator = membership.fan, membership.creator
    for cancellation in membership.cancellations.filter(ends_at__isnull=False):
        day = day_lazy(cancellation.ends_at or now)
        said = cancellation.get_reason_display() if cancellation.reason else _("No reason was given.")
        tell(
            to=creator.user,
            kind="subscriptions.cancellation",
            subject=_("%(fan)s leaves %(tier)s on %(day)s") % {"fan": fan, "tier": membership.tier, "day": day},
            body=said,
            url=reverse("member_list"),
            now=now,
            key=f"cancellation:{cancellation.pk}",
        )
        if cancellation.undone_at is not None:
            tell(
                to=creator.user,
                kind="subscriptions.cancellation",
                subject=_("%(fan)s stays after all") % {"fan": fan},
                body=_("The cancellation was taken back."),
                url=reverse("member_list"),
                now=now,
                key=f"cancellation_undone:{cancellation.pk}",
            )
