from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from academy.actions import complete_lesson, reopen_lesson
from academy.models import Course, Lesson
from academy.queries import completed_ids, courses_with_progress, neighbors, progress
from portal.accounts.access import SignedInRequest
from portal.accounts.models import User
from portal.kit.access import public, signed_in
from portal.kit.markdown import render_markdown
from portal.kit.page import page


def _reader(request: HttpRequest) -> User | None:
    return request.user if request.user.is_authenticated else None


def _lesson(course: str, module: str, lesson: str) -> Lesson:
    lessons = (
        Lesson.objects.live().select_related("module__course").filter(module__course__published_at__lte=timezone.now())
    )
    return get_object_or_404(lessons, module__course__slug=course, module__slug=module, slug=lesson)


@public
@require_safe
def course_list(request: HttpRequest) -> HttpResponse:
    courses = courses_with_progress(_reader(request), timezone.now())
    return page(request, "academy/course_list.html", {"courses": courses})


@public
@require_safe
def course_detail(request: HttpRequest, course: str) -> HttpResponse:
    found = get_object_or_404(Course.objects.live(timezone.now()), slug=course)
    reader = _reader(request)
    return page(
        request,
        "academy/course_detail.html",
        {
            "course": found,
            "summary": render_markdown(found.summary),
            "progress": progress(reader, found),
            "done": completed_ids(reader, found),
            "modules": found.modules.prefetch_related("lessons"),
        },
    )


@public
@require_safe
def lesson_detail(request: HttpRequest, course: str, module: str, lesson: str) -> HttpResponse:
    found = _lesson(course, module, lesson)
    before, after = neighbors(found)
    reader = _reader(request)
    completion = found.completions.filter(user=reader).first() if reader else None
    return page(
        request,
        "academy/lesson_detail.html",
        {
            "lesson": found,
            "course": found.module.course,
            "body": render_markdown(found.body),
            "completion": completion,
            "before": before,
            "after": after,
        },
    )


@signed_in
@require_POST
def lesson_completion(request: SignedInRequest, course: str, module: str, lesson: str) -> HttpResponse:
    """POST completes; POST with undo takes it back."""
    found = _lesson(course, module, lesson)
    if "undo" in request.POST:
        reopen_lesson(user=request.user, lesson=found)
        return redirect(found)
    complete_lesson(user=request.user, lesson=found, now=timezone.now())
    now_at = progress(request.user, found.module.course)
    if now_at.is_complete:
        messages.success(request, _("You have completed “%(course)s”.") % {"course": found.module.course})
        return redirect(found.module.course)
    _before, after = neighbors(found)
    return redirect(after or found)
