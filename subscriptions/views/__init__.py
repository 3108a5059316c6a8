"""Pages, by topic: the creator's page, tiers, memberships, posts, chat."""

from subscriptions.views.chat import message_removal, mute, room, slow_mode
from subscriptions.views.creators import creator_page
from subscriptions.views.emojis import (
    emoji_edit,
    emoji_image,
    emoji_list,
    emoji_retirement,
    emoji_review,
    emoji_tier,
)
from subscriptions.views.memberships import (
    checkout,
    library,
    member_list,
    membership_cancellation,
    membership_cancellation_undo,
    membership_card,
    membership_list,
    receipt,
    thank_you,
)
from subscriptions.views.posts import (
    post_detail,
    post_edit,
    post_list,
    post_new,
    why_visible,
)
from subscriptions.views.tiers import grace, tier_archive, tier_edit, tier_list, tier_new, tier_publication

__all__ = [
    "checkout",
    "creator_page",
    "emoji_edit",
    "emoji_image",
    "emoji_list",
    "emoji_retirement",
    "emoji_review",
    "emoji_tier",
    "grace",
    "library",
    "member_list",
    "membership_cancellation",
    "membership_cancellation_undo",
    "membership_card",
    "membership_list",
    "message_removal",
    "mute",
    "post_detail",
    "post_edit",
    "post_list",
    "post_new",
    "receipt",
    "room",
    "slow_mode",
    "thank_you",
    "tier_archive",
    "tier_edit",
    "tier_list",
    "tier_new",
    "tier_publication",
    "why_visible",
]
