"""Jobs, by topic; the timetable is in portal/celery.py."""

from subscriptions.tasks.benefits import announce_posts, close_promises, follow_tenure, record_emoji_points, sweep_media
from subscriptions.tasks.changes import (
    follow_price_changes,
    release_schedule,
    send_cancellations,
    send_changes,
    tell_price_change,
    tell_resumes_soon,
)
from subscriptions.tasks.gifts import announce_passes, deliver_gift, follow_gifts, move_charge
from subscriptions.tasks.offers import announce_dates, cut_promo_short, judge_trial, sweep_offers
from subscriptions.tasks.payments import (
    collect_due,
    decide_shares,
    mature_invoices,
    refund_suspicious_charge,
    retry_new_card,
    sweep_checkouts,
    watch_renewals,
)
from subscriptions.tasks.pools import follow_pools, move_charge_of_seat, tell_draw
from subscriptions.tasks.seasons import follow_seasons

__all__ = [
    "announce_dates",
    "announce_passes",
    "announce_posts",
    "close_promises",
    "collect_due",
    "cut_promo_short",
    "decide_shares",
    "deliver_gift",
    "follow_gifts",
    "follow_pools",
    "follow_price_changes",
    "follow_seasons",
    "follow_tenure",
    "judge_trial",
    "mature_invoices",
    "move_charge",
    "move_charge_of_seat",
    "record_emoji_points",
    "refund_suspicious_charge",
    "release_schedule",
    "retry_new_card",
    "send_cancellations",
    "send_changes",
    "sweep_checkouts",
    "sweep_media",
    "sweep_offers",
    "tell_draw",
    "tell_price_change",
    "tell_resumes_soon",
    "watch_renewals",
]
