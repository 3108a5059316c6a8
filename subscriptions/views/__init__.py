"""Pages, by topic: the creator's page, tiers, memberships, posts, chat."""

from subscriptions.views.badges import badge_choice, badge_list, passport, passport_check, passport_key
from subscriptions.views.chat import message_removal, mute, room, slow_mode
from subscriptions.views.comments import comment_edit, comment_list, comment_removal, comment_report, reaction
from subscriptions.views.creators import creator_page
from subscriptions.views.dunning import alarm_list, membership_retry, refund_new
from subscriptions.views.emojis import (
    emoji_edit,
    emoji_image,
    emoji_list,
    emoji_retirement,
    emoji_review,
    emoji_tier,
)
from subscriptions.views.library import library
from subscriptions.views.media import (
    media_captions,
    media_captions_new,
    media_description,
    media_file,
    media_picture,
    media_removal,
    post_media,
)
from subscriptions.views.members import (
    cancellation_list,
    complimentary,
    complimentary_revocation,
    declined_list,
    member_detail,
    member_gift,
    member_list,
    member_summary,
)
from subscriptions.views.memberships import (
    membership_cancellation,
    membership_cancellation_undo,
    membership_card,
    membership_list,
    thank_you,
)
from subscriptions.views.polls import poll_vote, post_poll
from subscriptions.views.posts import post_detail, post_edit, post_list, post_new, post_pin, post_preview
from subscriptions.views.prices import leaving, tier_price_change, tier_price_change_withdrawal, tier_prices
from subscriptions.views.promises import promise_edit
from subscriptions.views.promos import promo_list, promo_new, promo_switch_off
from subscriptions.views.quotes import (
    checkout,
    membership_change,
    membership_change_undo,
    membership_pause,
    membership_resume,
    quote,
)
from subscriptions.views.receipts import (
    calendar_feed,
    calendar_file,
    payment_calendar,
    payment_detail,
    payment_list,
    receipt,
    receipt_list,
    receipt_pdf,
)
from subscriptions.views.revenue import revenue, revenue_event_list, revenue_export
from subscriptions.views.shares import share, share_list, share_new
from subscriptions.views.sharing import share_image
from subscriptions.views.tiers import grace, tier_archive, tier_edit, tier_list, tier_new, tier_publication
from subscriptions.views.why import member_access, own_access, staff_access, why_visible

__all__ = [
    "alarm_list",
    "badge_choice",
    "badge_list",
    "calendar_feed",
    "calendar_file",
    "cancellation_list",
    "checkout",
    "comment_edit",
    "comment_list",
    "comment_removal",
    "comment_report",
    "complimentary",
    "complimentary_revocation",
    "creator_page",
    "declined_list",
    "emoji_edit",
    "emoji_image",
    "emoji_list",
    "emoji_retirement",
    "emoji_review",
    "emoji_tier",
    "grace",
    "leaving",
    "library",
    "media_captions",
    "media_captions_new",
    "media_description",
    "media_file",
    "media_picture",
    "media_removal",
    "member_access",
    "member_detail",
    "member_gift",
    "member_list",
    "member_summary",
    "membership_cancellation",
    "membership_cancellation_undo",
    "membership_card",
    "membership_change",
    "membership_change_undo",
    "membership_list",
    "membership_pause",
    "membership_resume",
    "membership_retry",
    "message_removal",
    "mute",
    "own_access",
    "passport",
    "passport_check",
    "passport_key",
    "payment_calendar",
    "payment_detail",
    "payment_list",
    "poll_vote",
    "post_detail",
    "post_edit",
    "post_list",
    "post_media",
    "post_new",
    "post_pin",
    "post_poll",
    "post_preview",
    "promise_edit",
    "promo_list",
    "promo_new",
    "promo_switch_off",
    "quote",
    "reaction",
    "receipt",
    "receipt_list",
    "receipt_pdf",
    "refund_new",
    "revenue",
    "revenue_event_list",
    "revenue_export",
    "room",
    "share",
    "share_image",
    "share_list",
    "share_new",
    "slow_mode",
    "staff_access",
    "thank_you",
    "tier_archive",
    "tier_edit",
    "tier_list",
    "tier_new",
    "tier_price_change",
    "tier_price_change_withdrawal",
    "tier_prices",
    "tier_publication",
    "why_visible",
]
