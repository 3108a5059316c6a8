"""The Celery app and the whole timetable. Times are UTC; every job is safe to run twice or late."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")

MINUTE = 60.0

# name → (task, when)
TIMETABLE: dict[str, tuple[str, float | crontab]] = {
    # Money: wake what was lost on the way, prove the books.
    "events nobody handled": ("payments.sweep_inbox", MINUTE),
    "payouts nobody sent": ("payouts.sweep_payouts", MINUTE),
    "payouts without a clear answer": ("payouts.resolve_unknown", 10 * MINUTE),
    "payday": ("payouts.open_run", crontab(minute=0, hour=6, day_of_month="15")),
    "a batch of lines is folded": ("ledger.close_batch", crontab(minute=20)),
    "the books are proved": ("ledger.prove_books", crontab(minute=40, hour="*/6")),
    # Subscriptions.
    "money of invoices matures": ("subscriptions.mature_invoices", crontab(minute=10)),
    "cancellations the provider has not heard of": ("subscriptions.send_cancellations", 5 * MINUTE),
    "changes and pauses the provider has not heard of": ("subscriptions.send_changes", 10 * MINUTE),
    "pauses that end soon are told": ("subscriptions.tell_resumes_soon", crontab(minute=35, hour=9)),
    "new prices reach who they concern": ("subscriptions.follow_price_changes", crontab(minute=25, hour=3)),
    "gifts are delivered, reminded of and ended": ("subscriptions.follow_gifts", 10 * MINUTE),
    "pools are frozen and drawn, seats go on or back": ("subscriptions.follow_pools", 10 * MINUTE),
    "passes that end soon are told": ("subscriptions.announce_passes", crontab(minute=50)),
    "seasons open, close and are locked": ("subscriptions.follow_seasons", 5 * MINUTE),
    "shares of the month are decided": ("subscriptions.decide_shares", crontab(minute=10, hour=0, day_of_month="1")),
    "checkouts left open": ("subscriptions.sweep_checkouts", 15 * MINUTE),
    "unpaid renewals are tried again": ("subscriptions.collect_due", 10 * MINUTE),
    "renewals that were due are counted": ("subscriptions.watch_renewals", 5 * MINUTE),
    "codes, trials, refunds and answers to banks left on the way": ("subscriptions.sweep_offers", 15 * MINUTE),
    "renewals, ends of trials and of cards are told": ("subscriptions.announce_dates", crontab(minute=15)),
    "emoji slots follow the most points": ("subscriptions.record_emoji_points", crontab(minute=35)),
    "months of members follow their access": ("subscriptions.follow_tenure", crontab(minute=25, hour=3)),
    "promises of the month before are closed": ("subscriptions.close_promises", crontab(minute=45, hour=0)),
    "posts that are out are told": ("subscriptions.announce_posts", MINUTE),
    "uploads that belong to nothing": ("subscriptions.sweep_media", crontab(minute=50, hour=3)),
    # Rewards: yesterday is rated at night, a month closes on the 1st and is final on the 3rd.
    "yesterday's views are rated": ("rewards.rate_day", crontab(minute=0, hour=2)),
    "a month of rewards closes": ("rewards.close_month", crontab(minute=0, hour=4, day_of_month="1")),
    "a month of rewards is final": ("rewards.finalize_month", crontab(minute=0, hour=4, day_of_month="3")),
    # Shop.
    "commissions are released": ("shop.release_commissions", crontab(minute=30)),
    "clicks of the redirect become rows": ("shop.drain_clicks", 5.0),
    # People.
    "rules that begin today are told": ("programs.announce_rules", crontab(minute=5, hour=0)),
    "notices nobody mailed": ("notices.deliver_waiting", 5 * MINUTE),
    "TikTok sign-ins stay fresh": ("accounts.refresh_tiktok_tokens", 15 * MINUTE),
    "audiences are counted": ("accounts.measure_audiences", crontab(minute=15, hour=5)),
    # Does nothing beside a real provider.
    "the sandbox's time passes and its events arrive": ("sandbox.deliver_due", 5.0),
}

app.conf.beat_schedule = {name: {"task": task, "schedule": when} for name, (task, when) in TIMETABLE.items()}
