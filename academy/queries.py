from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from academy.models import Completion, Course, Lesson
from portal.accounts.models import User


@dataclass(frozen=True)
class Progress:
    """How far a person is in a course, counted over its live lessons."""

    course: Course
    total: int
    done: int
    next: Lesson | None

    @property
    def is_complete(self) -> bool:
        return self.total > 0 and self.done == self.total


def progress(user: User | None, course: Course) -> Progress:
    lessons = list(Lesson.objects.live().filter(module__course=course).in_order().select_related("module__course"))
    done = completed_ids(user, course)
    return Progress(
        course=course,
        total=len(lessons),
        done=sum(lesson.pk in done for lesson in lessons),
        next=next((lesson for lesson in lessons if lesson.pk not in done), None),
    )


def completed_ids(user: User | None, course: Course) -> set[int]:
    if user is None:
        return set()
    return set(Completion.objects.filter(user=user, lesson__module__course=course).values_list("lesson_id", flat=True))


def courses_with_progress(user: User | None, at: datetime) -> list[Course]:
    """Live courses with `lesson_count` and `done_count` of this person; two numbers, one query."""
    live = Q(modules__lessons__state=Lesson.State.LIVE)
    mine = Q(modules__lessons__completions__user=user) if user else Q(pk__in=[])
    return list(
        Course.objects.live(at).annotate(
            lesson_count=Count("modules__lessons", filter=live, distinct=True),
            done_count=Count("modules__lessons", filter=live & mine, distinct=True),
        )
    )


def neighbors(lesson: Lesson) -> tuple[Lesson | None, Lesson | None]:
    """The live lessons before and after this one in the course's order."""
    lessons = list(
        Lesson.objects.live().filter(module__course=lesson.module.course).in_order().select_related("module__course")
    )
    here = next((i for i, other in enumerate(lessons) if other.pk == lesson.pk), None)
    if here is None:
        return None, None
    return (lessons[here - 1] if here else None), (lessons[here + 1] if here + 1 < len(lessons) else None)
