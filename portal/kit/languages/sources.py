"""Every text that a person may read, found in the sources: Python, templates, and the opening sentences of SQL files."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.extract import extract
from django.conf import settings
from django.template import Engine
from django.template.base import FilterExpression, Origin, Template, TextNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.functional import Promise

PACKAGES = ("portal", "academy", "subscriptions", "rewards", "shop")
SKIPPED = frozenset({"tests", "testing", "migrations", "__pycache__", "node_modules"})
# The names our files give to gettext's functions, and where in the call the text stands.
KEYWORDS: dict[str, Any] = {
    "_": None,
    "_lazy": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# Packages whose classes appear in a parsed template.
TEMPLATE_PARTS = frozenset({"allauth", "django", "template_partials", "heroicons", "portal"})
# SQL files whose first comment is shown on the site as it stands.
SQL_SENTENCES = ("rewards/rating/sql/rules", "rewards/rating/sql/steps")


@dataclass(frozen=True, order=True)
class Text:
    """One text as gettext looks it up, and the file it stands in."""

    singular: str
    plural: str = ""
    context: str = ""
    place: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.singular


def texts(base: Path | None = None) -> list[Text]:
    """All texts of the project, a row for each file in which one stands, in the order of the files."""
    base = base or Path(settings.BASE_DIR)
    found = [*_python(base), *_templates(base), *_sql(base)]
    return sorted(set(found), key=lambda text: (text.place, text.singular, text.plural, text.context))


def _files(base: Path, folders: Iterable[str], suffixes: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((base / folder).rglob("*")):
            if path.suffix in suffixes and not SKIPPED.intersection(path.relative_to(base).parts):
                yield path


# --- Python -------------------------------------------------------------------
def _python(base: Path) -> Iterator[Text]:
    for path in _files(base, PACKAGES, (".py",)):
        place = str(path.relative_to(base))
        with path.open("rb") as file:
            for _line, found, _comments, context in extract("python", file, keywords=KEYWORDS):
                singular, plural = found if isinstance(found, tuple) else (found, "")
                if singular:
                    yield Text(singular, plural, context or "", place)


def unreadable_calls(base: Path | None = None) -> list[str]:
    """Calls whose text is put together on the spot, which no catalog can hold: f-strings, `+`, `%` or `.format` inside."""
    base = base or Path(settings.BASE_DIR)
    wrong = []
    for path in _files(base, PACKAGES, (".py",)):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in KEYWORDS
                and node.args
            ):
                first = node.args[0]
                made = isinstance(first, ast.JoinedStr | ast.BinOp) or (
                    isinstance(first, ast.Call)
                    and isinstance(first.func, ast.Attribute)
                    and first.func.attr == "format"
                )
                if made:
                    wrong.append(f"{path.relative_to(base)}:{node.lineno}")
    return wrong


# --- Templates ----------------------------------------------------------------
# Read with Django's own parser: a text is found here exactly as it is looked up when the page is drawn.
def _templates(base: Path) -> Iterator[Text]:
    engine = Engine.get_default()
    for path in _files(base, ("templates", *PACKAGES), (".html", ".txt", ".svg")):
        relative = path.relative_to(base)
        if "templates" in relative.parts:
            place = str(relative)
            template = Template(path.read_text(), Origin(place), place, engine)
            for text in _walk(template.nodelist, set()):
                yield Text(text.singular, text.plural, text.context, place)


def _walk(part: Any, seen: set[int]) -> Iterator[Text]:
    """The texts in a piece of a parsed template: nodes, filters and their arguments, lists and mappings of them."""
    if isinstance(part, Promise):
        yield from _lazy(part)
    elif isinstance(part, TranslateNode):
        if not part.noop and isinstance(part.filter_expression.var.literal, str):
            # As in Variable.resolve(): in a template a per cent sign stands for itself.
            yield Text(part.filter_expression.var.literal.replace("%", "%%"), context=_constant(part.message_context))
        yield from _walk(part.filter_expression.filters, seen)
    elif isinstance(part, BlockTranslateNode):
        yield _block(part)
        yield from _walk(list(part.extra_context.values()), seen)
    elif isinstance(part, FilterExpression):
        yield from _walk([part.var, part.filters], seen)
    elif isinstance(part, dict):
        yield from _walk(list(part.values()), seen)
    elif isinstance(part, list | tuple | set | frozenset):
        for one in part:
            yield from _walk(one, seen)
    elif _is_template_part(part) and id(part) not in seen:
        # Parts point at one another. Those noted here live as long as the template, so no two share an id.
        seen.add(id(part))
        yield from _walk(vars(part), seen)


def _is_template_part(part: Any) -> bool:
    known = type(part).__module__.partition(".")[0] in TEMPLATE_PARTS
    return known and hasattr(part, "__dict__") and not isinstance(part, TextNode)


def _block(node: BlockTranslateNode) -> Text:
    singular, _values = node.render_token_list(node.singular)
    plural = node.render_token_list(node.plural)[0] if node.plural else ""
    return Text(singular, plural, _constant(node.message_context))


def _constant(expression: FilterExpression | None) -> str:
    """The context of a tag, which is written as a constant."""
    return str(expression.var) if expression is not None else ""


def _lazy(promise: Promise) -> Iterator[Text]:
    """A constant `_("…")` in a template has become a lazy text: its own arguments are the text."""
    arguments = vars(promise).get("_args", ())
    if len(arguments) == 1 and isinstance(arguments[0], str):
        yield Text(arguments[0])
    elif len(arguments) == 2:
        yield Text(arguments[1], context=arguments[0])


# --- SQL ----------------------------------------------------------------------
def _sql(base: Path) -> Iterator[Text]:
    for path in _files(base, SQL_SENTENCES, (".sql",)):
        first = path.read_text().partition("\n")[0]
        if first.startswith("-- "):
            yield Text(first.removeprefix("-- "), place=str(path.relative_to(base)))
