"""A receipt on paper: one page, in the reader's language, with the writing of whoever is named on it.

The fonts (Noto Sans, SIL Open Font License) come with installed packages; text is shaped, so Arabic joins and runs from
right to left. A name in a script that no font here can draw is shown as its email. See docs/decisions/0015.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

import fontpkg
from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, get_language_bidi, ngettext
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from portal.kit.languages.reader import reader_locale
from portal.kit.money import format_money
from subscriptions.models import Purchase
from subscriptions.queries.receipts import Split
from subscriptions.queries.refunds import Payment

# It tells every table of every font it opens.
logging.getLogger("fontTools").setLevel(logging.WARNING)

FONTS = ("Noto Sans", "Noto Sans Arabic", "Noto Sans Thai")
MARGIN, WIDTH, ROW = 20, 170, 7
INK, SOFT, LINE = (28, 32, 30), (104, 110, 106), (214, 218, 214)


@dataclass(frozen=True, slots=True)
class Line:
    label: str | Promise
    value: str
    is_sum: bool = False


@lru_cache(maxsize=1)
def font_files() -> tuple[Path, ...]:
    """The fonts of the portal, then those an operator adds for further scripts."""
    return (*(Path(fontpkg.path(name)) for name in FONTS), *map(Path, settings.RECEIPT_FONTS))


@lru_cache(maxsize=1)
def _drawable() -> frozenset[int]:
    known: set[int] = set()
    for file in font_files():
        known |= set(TTFont(file, lazy=True)["cmap"].getBestCmap())
    return frozenset(known)


def can_draw(text: str) -> bool:
    """Whether some font of ours has every letter of it."""
    return all(ord(letter) in _drawable() or letter.isspace() for letter in text)


def in_print(name: str, instead: str) -> str:
    return name if can_draw(name) else instead


def receipt_pdf(*, invoice: Payment, split: Split) -> bytes:
    """The receipt as a PDF file, in the language that is active."""
    paper = _paper(invoice)
    paper.add_page()
    _head(paper, invoice)
    _table(paper, _("What was paid"), _paid_lines(invoice, split))
    _table(paper, _("Where each cent went"), _parts(invoice, split))
    _foot(paper, invoice)
    return bytes(paper.output())


def _paper(invoice: Payment) -> FPDF:
    paper = FPDF(format="A4")
    families = [f"font{number}" for number in range(len(font_files()))]
    for family, file in zip(families, font_files(), strict=True):
        paper.add_font(family, fname=file)
    paper.set_font(families[0], size=10)
    paper.set_fallback_fonts(families[1:])
    paper.set_text_shaping(use_shaping_engine=True)
    paper.set_margins(MARGIN, MARGIN, MARGIN)
    paper.set_title(_("Receipt %(number)s") % {"number": invoice.number})
    paper.set_author(settings.SITE_NAME)
    paper.set_creator(settings.SITE_NAME)
    paper.set_lang(get_language() or "en")
    assert invoice.paid_at is not None
    # The file says nothing that the receipt does not: the same receipt is the same file.
    paper.set_creation_date(invoice.paid_at)
    return paper


def _head(paper: FPDF, invoice: Payment) -> None:
    _say(paper, _("Receipt"), size=22, height=12)
    _say(paper, invoice.number, color=SOFT)
    paper.ln(6)
    fan, creator = invoice.payer, invoice.payee
    assert invoice.paid_at is not None
    facts = [
        Line(_("Sold by"), settings.RECEIPT_SELLER),
        Line(_("For"), f"{in_print(creator.display_name, '@' + creator.handle)} (@{creator.handle})"),
        Line(_("Paid by"), f"{in_print(str(fan), fan.email)}, {fan.email}, {fan.country}"),
        Line(_("Paid on"), date_format(invoice.paid_at, "DATE_FORMAT")),
        Line(_("Tier"), in_print(invoice.price.tier.name, "–")),
        Line(_("Time"), _time(invoice)),
    ]
    _rows(paper, facts, rule=False)
    paper.ln(4)


def _time(invoice: Payment) -> str:
    if isinstance(invoice, Purchase):
        return ngettext("%(months)s month, paid once", "%(months)s months, paid once", invoice.months) % {
            "months": invoice.months
        }
    return f"{_day(invoice.period_start_at)} – {_day(invoice.period_end_at)}"


def _paid_lines(invoice: Payment, split: Split) -> list[Line]:
    money = _writer(invoice)
    lines = [Line(_("Price"), money(invoice.gross_minor))]
    if invoice.tax_minor:
        lines.append(Line(_("Sales tax"), money(invoice.tax_minor)))
    lines.append(Line(_("Paid"), money(split.paid_minor), is_sum=True))
    if split.refunded_minor:
        lines += [
            Line(_("Given back to you"), money(-split.refunded_minor)),
            Line(_("Left"), money(split.kept_minor), is_sum=True),
        ]
    return lines


def _parts(invoice: Payment, split: Split) -> list[Line]:
    money = _writer(invoice)
    handle = invoice.payee.handle
    parts = [Line(in_print(str(part.label), f"@{handle}"), money(part.amount_minor)) for part in split.parts]
    return [*parts, Line(_("Together"), money(split.kept_minor), is_sum=True)]


def _foot(paper: FPDF, invoice: Payment) -> None:
    paper.ln(4)
    words = _("The portal's part is %(share)s (version %(version)s of the rule, kept with this payment).") % {
        "share": f"{invoice.platform_bp / 100:g}%",
        "version": invoice.share.version if invoice.share else "–",
    }
    _say(paper, words, size=9, color=SOFT)
    _say(paper, settings.SITE_URL, size=9, color=SOFT)


def _table(paper: FPDF, title: str, lines: Sequence[Line]) -> None:
    paper.ln(4)
    _say(paper, title, size=13, height=9)
    _rows(paper, lines, rule=True)


def _rows(paper: FPDF, lines: Sequence[Line], *, rule: bool) -> None:
    """Label and value; in writing from right to left the two change sides."""
    start, end = ("R", "L") if get_language_bidi() else ("L", "R")
    for line in lines:
        paper.set_draw_color(*LINE)
        border: Literal[0] | str = "T" if rule and line.is_sum else 0
        label = WIDTH / 2 if rule else WIDTH / 5
        cells = [
            (str(line.label), label, start, INK if line.is_sum else SOFT),
            (line.value, WIDTH - label, end if rule else start, INK),
        ]
        for text, width, side, color in reversed(cells) if get_language_bidi() else cells:
            paper.set_text_color(*color)
            paper.cell(width, ROW, text, border=border, align=side)
        paper.ln(ROW)


def _say(paper: FPDF, text: str, *, size: int = 10, height: int = 6, color: tuple[int, int, int] = INK) -> None:
    paper.set_font_size(size)
    paper.set_text_color(*color)
    paper.multi_cell(
        WIDTH, height, text, align="R" if get_language_bidi() else "L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
    )
    paper.set_font_size(10)


def _writer(invoice: Payment) -> Callable[[int], str]:
    locale = reader_locale()
    return lambda minor: format_money(minor, invoice.currency, locale)


def _day(moment: datetime) -> str:
    return date_format(moment, "DATE_FORMAT")
