"""The kinds of notices and their names, for the page where people choose what they want to hear.

An app names its kinds in its own module: `name_kind("shop.sale", _("Something you linked was sold"))`. A kind without
a name works too; it is shown by its own words.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.notices.models import Notice, NoticePreference

_names: dict[str, str | Promise] = {
    "programs.eligible": _("A rule changed and you can join a program"),
    "programs.invited": _("You are invited to a program"),
    "programs.decided": _("Your application was decided"),
    "programs.suspended": _("You are suspended from a program"),
    "programs.lifted": _("A suspension of yours is over"),
    "accounts.tiktok_lost": _("TikTok is no longer connected"),
    "payments.payout_details_changed": _("Your payout details changed"),
    "payouts.held": _("Money of yours is held"),
    "payouts.bounced": _("A payout could not be delivered"),
    "payouts.returned": _("A payout came back"),
    "subscriptions.joined": _("Somebody joined you"),
    "subscriptions.welcome": _("A creator welcomes you to a tier"),
    "subscriptions.given": _("A creator gave you access"),
    "subscriptions.share": _("Your share of a month"),
    "subscriptions.ended": _("A membership has ended"),
    "subscriptions.receipt": _("Receipts"),
    "subscriptions.refund": _("Refunds"),
    "subscriptions.dispute": _("A payment is disputed"),
    "subscriptions.price_change": _("A creator changes a price of yours"),
    "subscriptions.plan_changed": _("Your plan was changed"),
    "subscriptions.change_dropped": _("A change you asked for cannot happen"),
    "subscriptions.paused": _("A pause of yours is set"),
    "subscriptions.resumes_soon": _("A pause of yours ends soon"),
    "subscriptions.resumed": _("A pause of yours is over"),
    "subscriptions.payment_failed": _("A payment of yours failed"),
    "subscriptions.recovered": _("A payment that had failed went through"),
    "subscriptions.renewal_soon": _("A membership of yours renews soon"),
    "subscriptions.trial_ending": _("A free trial of yours ends"),
    "subscriptions.card_expiring": _("Your card expires soon"),
    "subscriptions.gift": _("Gifts"),
    "subscriptions.pass_ending": _("A pass of yours ends soon"),
    "subscriptions.gift_bought": _("A gift of yours is ready"),
    "subscriptions.gift_claimed": _("A gift was claimed"),
    "subscriptions.gift_reminder": _("A gift of yours ends soon"),
    "subscriptions.gift_expired": _("Nobody claimed a gift of yours"),
    "subscriptions.gift_withdrawn": _("A gift you had was taken back"),
    "subscriptions.season_open": _("Sign-ups you wait for are open"),
    "subscriptions.season_closed": _("Sign-ups of a season are over"),
    "subscriptions.season_address": _("A creator needs something to send you what you get"),
    "subscriptions.season_locked": _("The list of a season is locked"),
    "subscriptions.season_sent": _("A creator has sent you something"),
    "subscriptions.pool_funded": _("Seats of a gift pool were paid for"),
    "subscriptions.pool_offered": _("A seat of a gift pool is yours to claim"),
    "subscriptions.pool_reminder": _("A seat waits for you one more day"),
    "subscriptions.pool_passed": _("A seat you did not claim went on"),
    "subscriptions.pool_drawn": _("A draw you entered was held"),
    "subscriptions.pool_claimed": _("A seat of a gift pool was claimed"),
    "subscriptions.pool_returned": _("Seats you paid for came back to you"),
    "subscriptions.cancellation": _("A member leaves, or stays after all"),
    "subscriptions.emoji_reviewed": _("An emoji of yours was reviewed"),
    "subscriptions.quote_mismatch": _("Staff: a charge differs from what was shown"),
    "subscriptions.post_published": _("A creator of yours published a post"),
    "subscriptions.comment_answered": _("Somebody answered a comment of yours"),
    "subscriptions.comment_removed": _("A comment of yours was removed"),
    "rewards.month_closed": _("A month of rewards is closed"),
    "rewards.line_held": _("A reward is being looked at"),
    "rewards.appeal_decided": _("Your appeal was decided"),
    "shop.released": _("Commissions are yours"),
    "shop.rate_changed": _("A brand changed its rate"),
    "feedback.answered": _("An idea you care about was answered"),
}
# Whoever takes over an account would switch these off first.
ALWAYS_MAILED = frozenset({"payments.payout_details_changed"})

# Money is at stake: the mail may be switched off, the page keeps it.
ALWAYS_IN_BELL = frozenset(
    {
        "payouts.bounced",
        "payouts.held",
        "subscriptions.dispute",
        "subscriptions.ended",
        "subscriptions.gift_withdrawn",
        "subscriptions.payment_failed",
        "subscriptions.pool_returned",
        "subscriptions.price_change",
        "subscriptions.trial_ending",
    }
)


def name_kind(kind: str, name: str | Promise) -> None:
    """Give a kind its name. Repeating is harmless."""
    _names[kind] = name


def kind_name(kind: str) -> str:
    """The name of a kind; 'shop.sale_made' without one reads 'Shop: sale made'."""
    if kind in _names:
        return str(_names[kind])
    app, _dot, words = kind.replace("_", " ").partition(".")
    return f"{app.capitalize()}: {words}" if words else app.capitalize()


def kinds_for(user: User) -> list[str]:
    """Every named kind, and each other one this person has met; without those that are always mailed."""
    met = set(Notice.objects.filter(user=user).values_list("kind", flat=True).distinct())
    chosen = set(NoticePreference.objects.filter(user=user).values_list("kind", flat=True))
    return sorted((met | chosen | set(_names)) - ALWAYS_MAILED)
