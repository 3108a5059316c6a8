"""The rules of the house (docs/style.md), held by machine. What is wrong is listed whole, not one at a time."""

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from portal.celery import app as celery
from portal.testing.routes import Route, routes

BASE = Path(settings.BASE_DIR)
PACKAGES = ("portal", "academy", "subscriptions", "rewards", "shop", "benchmarks")
LONGEST = {"file": 400, "function": 50, "template": 120, "css": 250, "js": 80}

# --- Exceptions: each with its reason ------------------------------------------
# URL name → why its view, template or test goes by another name.
OTHER_NAMES: dict[str, str] = {
    "demo_sign_in": "is a link of the page demo, and shows that page again when nobody of that role is there",
}


def none(wrong: Iterable[str | None]) -> None:
    """Nothing is wrong; else all that is wrong is shown, one a line."""
    listed = sorted(map(str, wrong))
    assert not listed, "\n" + "\n".join(listed)


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((BASE / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def short(path: Path) -> str:
    return str(path.relative_to(BASE))


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def too_long(pattern: str, kind: str) -> list[str]:
    return [f"{short(path)}: {lines(path)} lines" for path in sorted(BASE.glob(pattern)) if lines(path) > LONGEST[kind]]


# --- Sizes ----------------------------------------------------------------------
def test_files_are_short() -> None:
    none(f"{short(path)}: {lines(path)} lines" for path in sources() if lines(path) > LONGEST["file"])


def test_functions_are_short() -> None:
    long = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > LONGEST["function"]:
                    long.append(f"{short(path)}:{node.lineno} {node.name}: {length} lines")
    assert long == []


def test_templates_styles_and_scripts_are_short() -> None:
    none(too_long("templates/**/*.html", "template"))
    none(too_long("static/css/**/*.css", "css"))
    none(too_long("static/js/**/*.js", "js"))


# --- Models and jobs ------------------------------------------------------------
def our_models() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models()
        if model.__module__.split(".")[0] in PACKAGES and not model.__name__.startswith("Historical")
    ]


def test_every_model_says_what_it_is() -> None:
    none(model._meta.label for model in our_models() if model.__str__ is models.Model.__str__)


def test_money_is_counted_in_minor_units() -> None:
    wrong = (models.FloatField, models.DecimalField)
    suspicious = re.compile(r"amount|price|fee|balance|total|commission|payout")
    none(
        f"{model._meta.label}.{field.name}"
        for model in our_models()
        for field in model._meta.fields
        if (suspicious.search(field.name) and isinstance(field, wrong))
        # A JSON field holds one whole number a region.
        or (field.name.endswith("_minor") and not isinstance(field, models.IntegerField | models.JSONField))
    )


def test_dates_are_named_for_what_they_hold() -> None:
    none(
        f"{model._meta.label}.{field.name}"
        for model in our_models()
        for field in model._meta.fields
        if (field.name.endswith("_at") and not isinstance(field, models.DateTimeField))
        or (field.name.endswith("_date") and type(field) is not models.DateField)
    )


def our_jobs() -> dict[str, object]:
    """Without Celery's own and those that tests bring along."""
    return {
        name: job
        for name, job in celery.tasks.items()
        if not name.startswith("celery.") and ".tests." not in job.run.__module__
    }


def test_jobs_are_called_app_verb_noun_and_accept_what_a_newer_caller_sends() -> None:
    labels = {config.label for config in apps.get_app_configs()}
    wrong = []
    for name, job in our_jobs().items():
        label, _, deed = name.partition(".")
        if label not in labels or not re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", deed):
            wrong.append(f"{name}: is not called app.verb_noun")
        kinds = [parameter.kind for parameter in inspect.signature(job.run).parameters.values()]  # type: ignore[attr-defined]
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            wrong.append(f"{name}: does not end in **_")
        if inspect.Parameter.POSITIONAL_OR_KEYWORD in kinds:
            wrong.append(f"{name}: takes arguments that are not keywords")
    none(wrong)


def started_jobs() -> Iterator[tuple[str, str]]:
    """(where, name) of every job that is started by a name written down."""
    for path in sources():
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="enqueue"), args=[ast.Constant(value=str(name)), *_]):
                    yield f"{short(path)}:{node.lineno}", name


def test_every_job_that_is_started_exists_and_the_others_are_on_the_timetable() -> None:
    known = set(our_jobs())
    none(f"{where} {name}" for where, name in started_jobs() if name not in known)
    timetable = {planned["task"] for planned in celery.conf.beat_schedule.values()}
    none(f"{name} is never started" for name in known - timetable - {name for _, name in started_jobs()})


# --- Pages ----------------------------------------------------------------------
def test_every_path_has_a_name_of_its_own() -> None:
    none(str(route) for route in routes() if not route.name)
    counted = Counter(route.name for route in routes())
    none(name for name, times in counted.items() if times > 1)


def test_every_view_declares_who_may_see_it() -> None:
    none(str(route) for route in routes() if not route.access)


def test_paths_are_nouns_in_lower_case_and_end_in_a_slash() -> None:
    literal = re.compile(r"<[^>]+>")
    wrong = [route.path for route in routes() if re.search(r"[A-Z_ ]", literal.sub("", route.path))]
    none(wrong)


def rendered(route: Route) -> set[str]:
    """The templates that a view names in its own lines."""
    return {Path(found).stem for found in re.findall(r'"([\w/-]+\.html)"', route.source)}


def test_a_page_has_one_name() -> None:
    """URL name = view = template; a deed that only takes POST may show its page again with what was wrong."""
    wrong = []
    for route in routes():
        if route.name in OTHER_NAMES:
            continue
        if route.view.__name__ != route.name:
            wrong.append(f"{route}: the URL is called {route.name}")
        if (names := rendered(route)) and route.name not in names and "@require_POST" not in route.source:
            wrong.append(f"{route}: renders {', '.join(sorted(names))}")
    none(wrong)


def is_tested(route: Route, files: list[Path]) -> bool:
    """By a test file of its name or of its topic (`test_idea.py` for idea_list), or by one that asks for it by name."""
    words = str(route.name).split("_")
    topics = {"test_" + "_".join(words[: n + 1]) for n in range(len(words))}
    return any(path.stem in topics or f'"{route.name}"' in path.read_text() for path in files)


def test_every_path_is_tested_in_its_app() -> None:
    missing = []
    for route in routes():
        folder = BASE / route.app.replace(".", "/")
        if not is_tested(route, list(folder.rglob("tests/**/test_*.py"))):
            missing.append(f"{short(folder)}: test_{route.name}.py")
    none(missing)


def test_exceptions_are_still_needed() -> None:
    none(set(OTHER_NAMES) - {route.name for route in routes()})
    assert len(OTHER_NAMES) <= 12


# --- Templates ------------------------------------------------------------------
def templates() -> list[Path]:
    # Mail programs know no style sheets: emails may carry their style with them.
    return [path for path in sorted(BASE.glob("templates/**/*.html")) if "email" not in path.parts]


INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*="),
    "a style element": re.compile(r"<style\b"),
    "a script of its own": re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*application/json)"),
    "an event attribute": re.compile(r"<[^>{%]*\son[a-z]+\s*="),
    "a javascript: link": re.compile(r"javascript:", re.IGNORECASE),
}


def test_templates_hold_no_style_and_no_script() -> None:
    none(
        f"{short(path)}: {what}"
        for path in templates()
        for what, found in INLINE.items()
        if found.search(path.read_text())
    )


def test_pages_work_without_scripts() -> None:
    """What asks htmx to fetch is a link or form with an address of its own, or updates by itself."""
    wrong = []
    for path in templates():
        for tag in re.findall(r"<[a-z][^>]*\bhx-(?:get|post|put|patch|delete)=[^>]*>", path.read_text()):
            works = {"a": "href=", "form": "action=" if "method=" in tag else "<form", "button": "formaction="}
            name = tag[1:].split()[0]
            if works.get(name, "hx-trigger=") not in tag and "hx-trigger=" not in tag:
                wrong.append(f"{short(path)}: {tag[:90]}")
    none(wrong)


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "docs/operate.md"])
def test_the_reader_finds(name: str) -> None:
    assert (BASE / name).read_text().strip()
