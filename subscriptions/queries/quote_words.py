"""A quote in the words that a fan reads: what is paid now, and what from when on."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.kit.languages.reader import reader_locale
from portal.kit.money import format_money
from subscriptions.models import Quote, Season
from subscriptions.queries.seasons import open_season, season_of

A_YEAR_OR_SO = 330


def day(moment: datetime, at: datetime) -> str:
    """'December 15', with the year where it is not plain which one."""
    is_near = abs((moment - at).days) < A_YEAR_OR_SO
    return date_format(moment, "MONTH_DAY_FORMAT" if is_near else "DATE_FORMAT")


def in_words(quote: Quote) -> list[str]:
    """What is agreed to, a sentence each: now, next, later. The numbers are those of the row and no others."""
    locale = reader_locale()

    def money(minor: int) -> str:
        return format_money(minor, quote.currency, locale)

    at, found = quote.quoted_at, []
    if quote.charge_now_minor:
        found.append(_("You pay %(amount)s now.") % {"amount": money(quote.charge_now_minor)})
    else:
        found.append(_("You pay nothing now."))
    if (season := season_of(quote=quote)) is not None:
        found += _in_season(quote, season, at)
    elif quote.kind == Quote.Kind.PAUSE:
        values = {"from": day(quote.effective_at, at), "until": day(quote.next_charge_at or at, at)}
        found.append(_("From %(from)s to %(until)s nothing is charged and nothing is open.") % values)
    elif quote.kind == Quote.Kind.GIFT:
        found.append(_("This is paid once. Nothing more is charged, to you or to whom you give it."))
    elif quote.kind == Quote.Kind.POOL:
        found += _of_seats(quote, money(quote.amount_minor))
    elif quote.kind == Quote.Kind.PASS:
        opens = [datetime.fromisoformat(row[name]) for row in quote.gained[:1] for name in ("from", "until")]
        if opens:
            found.append(
                _("It is open from %(from)s to %(until)s.") % {"from": day(opens[0], at), "until": day(opens[1], at)}
            )
        found.append(
            _("It does not renew: nothing more is charged. Before it ends we tell you, and you can buy another.")
        )
    elif quote.kind == Quote.Kind.CANCEL:
        found.append(_("Nothing more will be charged."))
        if quote.is_now:
            found.append(_("Your membership ends now."))
        else:
            found.append(_("You keep everything until %(day)s.") % {"day": day(quote.effective_at, at)})
    elif not quote.is_now:
        found.append(
            _("Until %(day)s everything stays as it is, since it is paid for.") % {"day": day(quote.effective_at, at)}
        )
    found += _beside_season(quote)
    if quote.next_charge_at is not None and quote.next_charge_minor is not None:
        found.append(_from(quote.next_charge_at, quote.next_charge_minor, quote, money(quote.next_charge_minor)))
    for step in quote.later:
        moment, amount = datetime.fromisoformat(step["at"]), step["amount_minor"]
        found.append(_from(moment, amount, quote, money(amount)))
    return found


def _in_season(quote: Quote, season: Season, at: datetime) -> list[str]:
    """What is special about joining in a season."""
    billed = day(season.billing_at, at)
    if season.starts_later:
        text = _("You have your place in “%(season)s” now. It opens on %(day)s, when everybody in it pays.")
        return [text % {"season": season.name, "day": billed}]
    if not quote.charge_now_minor:
        text = _("It opens now. The days until %(day)s, the billing day of “%(season)s”, cost nothing.")
        return [text % {"season": season.name, "day": billed}]
    days, _slash, whole = quote.inputs["season_days"].partition("/")
    text = _(
        "It opens now. That is for %(days)s of %(whole)s days, until %(day)s: the billing day of everybody in “%(season)s”."
    )
    return [text % {"days": days, "whole": whole, "day": billed, "season": season.name}]


def _of_seats(quote: Quote, amount: str) -> list[str]:
    back_by = day(datetime.fromisoformat(quote.inputs["back_by"]), quote.quoted_at)
    return [
        _("This is paid once. Nothing more is charged, to you or to who gets a seat."),
        _("A seat that nobody claims goes back to your card, whole: %(amount)s each, by %(day)s at the latest.")
        % {"amount": amount, "day": back_by},
        _("The fee that the payment provider keeps for that is ours, not yours and not the creator's."),
    ]


def _beside_season(quote: Quote) -> list[str]:
    """Whoever gets to a tier by another way while its sign-ups are open is told that this is no place in the season."""
    kind = Quote.Kind
    by_another_way = (kind.UPGRADE, kind.DOWNGRADE, kind.GIFT, kind.PASS, kind.POOL)
    if quote.kind not in by_another_way or quote.price is None:
        return []
    if quote.membership is not None and quote.membership.tier_id == quote.price.tier_id:
        return []
    season = open_season(tier=quote.price.tier, at=quote.quoted_at)
    if season is None or not season.owes:
        return []
    text = _("This is no place in “%(season)s”: what comes with it (%(owes)s) is for those who join in it.")
    return [text % {"season": season.name, "owes": season.owes}]


def _from(moment: datetime, amount: int, quote: Quote, text: str) -> str:
    price = quote.price or (quote.membership.price if quote.membership else None)
    values = {"day": day(moment, quote.quoted_at), "amount": text, "every": price.every if price else ""}
    if not amount:
        return _("On %(day)s it goes on, and costs nothing then.") % values
    return _("From %(day)s %(amount)s %(every)s.") % values
