from rewards.actions.appeals import decide_appeal, hold_line, open_appeal, release_line
from rewards.actions.batches import Accepted, accept_batch, import_clips
from rewards.actions.cards import publish_card
from rewards.actions.days import rate_day, rate_stale
from rewards.actions.months import close_month, finalize_month, line_target, recompute_everybody, recompute_month

__all__ = [
    "Accepted",
    "accept_batch",
    "close_month",
    "decide_appeal",
    "finalize_month",
    "hold_line",
    "import_clips",
    "line_target",
    "open_appeal",
    "publish_card",
    "rate_day",
    "rate_stale",
    "recompute_everybody",
    "recompute_month",
    "release_line",
]
