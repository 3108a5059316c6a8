"""Pieces that hold other content: dialog, consequence, drawer, menu, tooltip. Built in; no {% load %} is needed.

Each takes an `id` that is unique on its page, and words for people. What they draw lies in templates/ui.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from portal.kit.tables import Column, look_up
from portal.kit.templatetags.kit import money, number
from portal.kit.undo import read_undo

register = template.Library()


def _draw(context: Context, name: str, content: str, **values: Any) -> SafeString:
    values |= {"content": mark_safe(content), "csrf_token": context.get("csrf_token")}
    return render_to_string(f"ui/{name}.html", values)


@register.simple_block_tag(takes_context=True)
def dialog(context: Context, content: str, id: str, title: str) -> SafeString:
    """{% dialog "keys" title %}…{% enddialog %}: opened by a link to a page of its own: <a href=… data-dialog="keys">."""
    return _draw(context, "dialog", content, id=id, title=title)


@register.simple_block_tag(takes_context=True)
def consequence(
    context: Context,
    content: str,
    title: str,
    submit: str,
    action: str = "",
    cancel_url: str = "",
    cancel: str = "",
    danger: bool = False,
    form: Any = None,
    level: int = 1,
) -> SafeString:
    """{% consequence title=… submit=… cancel_url=… danger=True %}what follows from it, in money and days{% endconsequence %}.

    The body of a page that asks before something is done. A link to that page with `data-dialog` shows the same in a
    dialog. `action` is the page's own address; `form` draws more fields; `level` is the heading's, where a page holds more.
    """
    values = {
        "title": title,
        "submit": submit,
        "action": action,
        "cancel_url": cancel_url,
        "cancel": cancel,
        "level": level,
    }
    return _draw(context, "consequence", content, danger=danger, form=form, request=context.get("request"), **values)


@register.simple_block_tag(takes_context=True)
def drawer(context: Context, content: str, id: str, title: str, label: str, icon: str = "") -> SafeString:
    """{% drawer "filters" title label %}…{% enddrawer %}: a button, and what slides in from the side. No script."""
    return _draw(context, "drawer", content, id=id, title=title, label=label, icon=icon)


@register.simple_block_tag(takes_context=True)
def menu(
    context: Context,
    content: str,
    id: str,
    label: str,
    icon: str = "",
    kind: str = "",
    icon_only: bool = False,
    end: bool = False,
) -> SafeString:
    """{% menu "post-7" _("More") icon="ellipsis-horizontal" %}<a class="menu__item" …>…{% endmenu %}. No script.

    `kind` is a kind of button (small, quiet …); `icon_only` hides the label from eyes; `end` opens towards the start.
    """
    return _draw(
        context, "menu", content, id=id, label=label, icon=icon, kind=kind, icon_only=icon_only, end=end
    )  # fmt: skip


@register.simple_block_tag(takes_context=True)
def tooltip(context: Context, content: str, id: str, label: str) -> SafeString:
    """{% tooltip "rpm" _("What is RPM?") %}…{% endtooltip %}: a small question mark that answers when pressed."""
    return _draw(context, "tooltip", content, id=id, label=label)


@register.simple_tag(takes_context=True)
def cell(context: Context, column: Column, row: Any) -> SafeString | str:
    """A cell of `ui/table.html`: by the column's template, else as its kind is written."""
    if column.template:
        values = {"row": row, "value": column.read(row), "column": column, "csrf_token": context.get("csrf_token")}
        return render_to_string(column.template, values | {"request": context.get("request")})
    if column.kind == "money":
        return money(*column.money(row))
    value = column.read(row)
    if value is None or value == "":
        return "–"
    if column.kind == "number":
        return number(value)
    if column.kind in ("day", "moment"):
        moment = timezone.localtime(value) if isinstance(value, datetime) else value
        words = date_format(moment, "DATE_FORMAT" if column.kind == "day" else "SHORT_DATETIME_FORMAT")
        return format_html('<time datetime="{}">{}</time>', moment.isoformat(), words)
    if column.url:
        address = column.url(row) if callable(column.url) else look_up(row, column.url)
        return format_html('<a href="{}">{}</a>', address, value) if address else str(value)
    return str(value)


@register.filter
def undo(message: Message) -> dict[str, Any] | None:
    """The way back that a message offers (`portal.kit.undo.offer_undo`), or None."""
    return read_undo(message.extra_tags)


@register.filter
def ticked(steps: Sequence[Any]) -> dict[str, Any]:
    """How many steps of a checklist are done, of how many, and which one is next."""
    open_steps = [step for step in steps if not look_up(step, "done")]
    first = next((step for step in open_steps if not look_up(step, "optional")), None)
    return {"count": len(steps) - len(open_steps), "total": len(steps), "next": first or next(iter(open_steps), None)}
