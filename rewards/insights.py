"""What a creator's own views say: the rule that the most of them failed, and what would help."""

from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.insights.registry import Finding, insight
from portal.kit.money import FULL_RATE_BP
from rewards.queries import month_of

# Less than a tenth of the views is no finding; nor is a month with hardly any.
LEAST_SHARE_BP, LEAST_VIEWS = 1_000, 500
ADVICE: dict[str, str | Promise] = {
    "clip_too_short": _("A clip earns when it is longer than a minute; a second take of the same idea may be enough."),
    "watched_too_briefly": _("Show in the first seconds what the clip is about: a view counts from five seconds on."),
    "not_original": _("Clips that are your own work earn; duets, stitches and copies do not."),
    "disliked": _("Somebody asked to see less of this. Look which clips it was, and what they promised."),
    "published_before_joining": _("Only clips from the day you joined earn. New ones will."),
    "no_length": _("Bring these clips in again: without a length nobody can say whether they are long enough."),
}


@insight("rewards.widest_gap")
def widest_gap(creator: Creator, at: datetime) -> Finding | None:
    """The rule most of this month's views failed, when that is a tenth of them or more."""
    funnel = month_of(creator=creator, month=at.date()).funnel()
    helped = [step for step in funnel.failing if step.reason in ADVICE]
    if funnel.views < LEAST_VIEWS or not helped:
        return None
    worst = max(helped, key=lambda step: step.failed)
    share_bp = worst.failed * FULL_RATE_BP // funnel.views
    if share_bp < LEAST_SHARE_BP:
        return None
    return Finding(
        name="rewards.widest_gap",
        sentence=format_lazy(
            "{lead} {rule}",
            lead=_("%(share)s %% of this month's views did not count, because of one rule:")
            % {"share": share_bp // 100},
            rule=worst.sentence,
        ),
        advice=ADVICE[worst.reason],
        why_url=reverse("reward_overview"),
        weight=min(share_bp // 100, 100),
    )
