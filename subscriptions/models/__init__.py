"""Four topics: tiers (what is sold), memberships (who bought it, what it opens, what it cost), posts, chat."""

from subscriptions.models.chat import Message, Mute, Room
from subscriptions.models.memberships import (
    Cancellation,
    Charge,
    ChargeDispute,
    ChargeRefund,
    Checkout,
    Grant,
    Invoice,
    Membership,
    MembershipTerms,
)
from subscriptions.models.members import CalendarFeed, MemberNote
from subscriptions.models.posts import Emoji, EmojiImage, Post
from subscriptions.models.revenue import MembershipStep, MrrEvent
from subscriptions.models.shares import ShareCondition, ShareDecision
from subscriptions.models.tiers import Benefit, RevenueShare, Tier, TierBenefit, TierPrice

__all__ = [
    "Benefit",
    "CalendarFeed",
    "Cancellation",
    "Charge",
    "ChargeDispute",
    "ChargeRefund",
    "Checkout",
    "Emoji",
    "EmojiImage",
    "Grant",
    "Invoice",
    "MemberNote",
    "Membership",
    "MembershipStep",
    "MembershipTerms",
    "Message",
    "MrrEvent",
    "Mute",
    "Post",
    "RevenueShare",
    "Room",
    "ShareCondition",
    "ShareDecision",
    "Tier",
    "TierBenefit",
    "TierPrice",
]
