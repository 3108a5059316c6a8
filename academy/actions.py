import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from academy.importing import CourseText, LessonText, ModuleText, read_course
from academy.models import Completion, Course, Lesson, Module
from portal.accounts.models import User
from portal.kit.refusal import Refusal

RELATIVE_LINK = re.compile(r"\]\((?!https?:|mailto:|/|#)(?P<path>[^)\s]+)\.md\)")


class LessonNotOpen(Refusal):
    sentence = _("This lesson is not open, so it cannot be completed.")


@dataclass(frozen=True)
class Imported:
    """What an import did: lessons by kind of change."""

    course: Course
    added: int
    changed: int
    kept: int
    withdrawn: int
    empty: int


@transaction.atomic
def import_course(
    *, folder: Path, slug: str, attribution: str, now: datetime, title: str = "", publish: bool = True
) -> Imported:
    """Bring a folder of Markdown into the academy, all of it or nothing.

    Safe to repeat, by `slug` and each file's digest: unchanged lessons stay as they are, changed ones get the new text and
    keep who completed them, and what is gone from the folder is withdrawn, not deleted.
    """
    text = read_course(folder)
    text.title = title or text.title
    course, _created = Course.objects.get_or_create(
        slug=slug, defaults={"title": text.title, "license": text.license, "published_at": now if publish else None}
    )
    course.title, course.summary, course.license, course.attribution = (
        text.title, text.summary, text.license, attribution
    )  # fmt: skip
    course.save()
    counts = {"added": 0, "changed": 0, "kept": 0}
    seen: list[int] = []
    for position, part in enumerate(text.modules):
        module, _created = Module.objects.update_or_create(
            course=course, slug=part.slug, defaults={"title": part.title, "position": position}
        )
        for number, lesson in enumerate(part.lessons):
            row, change = _import_lesson(text, part, module, lesson, number, now)
            counts[change] += 1
            seen.append(row.pk)
    gone = Lesson.objects.filter(module__course=course).exclude(pk__in=seen).exclude(state=Lesson.State.WITHDRAWN)
    withdrawn = gone.update(state=Lesson.State.WITHDRAWN, changed_at=now)
    empty = Lesson.objects.filter(module__course=course, state=Lesson.State.EMPTY).count()
    return Imported(course, withdrawn=withdrawn, empty=empty, **counts)


def _import_lesson(
    course: CourseText, part: ModuleText, module: Module, lesson: LessonText, position: int, now: datetime
) -> tuple[Lesson, str]:
    row = Lesson.objects.filter(module=module, slug=lesson.slug).first()
    state = Lesson.State.EMPTY if lesson.is_empty else Lesson.State.LIVE
    if row and row.digest == lesson.digest and row.state == state and row.position == position:
        return row, "kept"
    change = "changed" if row else "added"
    row = row or Lesson(module=module, slug=lesson.slug)
    row.title, row.license, row.digest = lesson.title, lesson.license or course.license, lesson.digest
    row.body = _with_links(lesson.body, part, course)
    row.state, row.position, row.changed_at = state, position, now
    row.save()
    return row, change


def _with_links(body: str, part: ModuleText, course: CourseText) -> str:
    """Links between the files of the course become links between its lessons; links to nowhere become plain text."""
    known = {(module.slug, lesson.slug) for module in course.modules for lesson in module.lessons}

    def address(link: re.Match[str]) -> str:
        parts = [piece for piece in link["path"].split("/") if piece not in (".", "..")]
        module = parts[-2] if len(parts) > 1 else part.slug
        lesson = "introduction" if parts[-1] == "index" else parts[-1]
        return f"](../../{module}/{lesson}/)" if (module, lesson) in known else "](../../)"

    return RELATIVE_LINK.sub(address, body)


@transaction.atomic
def complete_lesson(*, user: User, lesson: Lesson, now: datetime) -> Completion:
    """Remember that this person has worked through the lesson. Safe to repeat, by (user, lesson): the first time counts."""
    if lesson.state != Lesson.State.LIVE:
        raise LessonNotOpen
    completion, _created = Completion.objects.get_or_create(user=user, lesson=lesson, defaults={"completed_at": now})
    return completion


def reopen_lesson(*, user: User, lesson: Lesson) -> None:
    """Take the completion back. Safe to repeat."""
    Completion.objects.filter(user=user, lesson=lesson).delete()
