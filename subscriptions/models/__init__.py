"""Four topics: tiers (what is sold), memberships (who bought it, what it opens, what it cost), posts, chat."""

from subscriptions.models.changes import Pause, PlanChange, PriceChange
from subscriptions.models.chat import Message, Mute, Room
from subscriptions.models.comments import Comment, CommentReport, Reaction
from subscriptions.models.disputes import DisputeAnswer
from subscriptions.models.dunning import Alarm, Dunning, FraudRule, PaymentAttempt, RefundOrder
from subscriptions.models.emojis import Emoji, EmojiImage, EmojiPoints, EmojiVersion
from subscriptions.models.gifts import Gift, Purchase
from subscriptions.models.media import Captions, Media, Rendition
from subscriptions.models.members import CalendarFeed, MemberNote
from subscriptions.models.memberships import (
    Cancellation,
    Charge,
    ChargeDispute,
    ChargeRefund,
    Checkout,
    Grant,
    Invoice,
    Membership,
)
from subscriptions.models.polls import Poll, PollOption, PollVote
from subscriptions.models.pools import GiftPool, PoolEntry, PoolFunding, PoolOffer, PoolRules, PoolSeat
from subscriptions.models.posts import Door, Post, PostReading
from subscriptions.models.promises import PromiseOutcome, TierPromise
from subscriptions.models.promos import PaymentCard, PromoCode, PromoUse, Trial
from subscriptions.models.quotes import Quote
from subscriptions.models.revenue import MembershipStep, MrrEvent
from subscriptions.models.seasons import Dispatch, Fulfillment, OpeningRequest, Place, Season
from subscriptions.models.shares import ShareCondition, ShareDecision
from subscriptions.models.staying import StayOffer
from subscriptions.models.tenure import Founder, HiddenBadge, PassportKey, Shielded, StreakShield, TenureMonth
from subscriptions.models.terms import MembershipTerms
from subscriptions.models.tiers import Benefit, RevenueShare, Tier, TierBenefit, TierPrice

__all__ = [
    "Alarm",
    "Benefit",
    "CalendarFeed",
    "Cancellation",
    "Captions",
    "Charge",
    "ChargeDispute",
    "ChargeRefund",
    "Checkout",
    "Comment",
    "CommentReport",
    "Dispatch",
    "DisputeAnswer",
    "Door",
    "Dunning",
    "Emoji",
    "EmojiImage",
    "EmojiPoints",
    "EmojiVersion",
    "Founder",
    "FraudRule",
    "Fulfillment",
    "Gift",
    "GiftPool",
    "Grant",
    "HiddenBadge",
    "Invoice",
    "Media",
    "MemberNote",
    "Membership",
    "MembershipStep",
    "MembershipTerms",
    "Message",
    "MrrEvent",
    "Mute",
    "OpeningRequest",
    "PassportKey",
    "Pause",
    "PaymentAttempt",
    "PaymentCard",
    "Place",
    "PlanChange",
    "Poll",
    "PollOption",
    "PollVote",
    "PoolEntry",
    "PoolFunding",
    "PoolOffer",
    "PoolRules",
    "PoolSeat",
    "Post",
    "PostReading",
    "PriceChange",
    "PromiseOutcome",
    "PromoCode",
    "PromoUse",
    "Purchase",
    "Quote",
    "Reaction",
    "RefundOrder",
    "Rendition",
    "RevenueShare",
    "Room",
    "Season",
    "ShareCondition",
    "ShareDecision",
    "Shielded",
    "StayOffer",
    "StreakShield",
    "TenureMonth",
    "Tier",
    "TierBenefit",
    "TierPrice",
    "TierPromise",
    "Trial",
]
