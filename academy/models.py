from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class CourseQuerySet(models.QuerySet["Course"]):
    def live(self, at: datetime) -> "CourseQuerySet":
        return self.filter(published_at__lte=at)


class Course(models.Model):
    """A course in an order: modules, and lessons in them."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=120)
    summary = models.TextField(blank=True)
    license = models.CharField(max_length=60, help_text=_("As its makers state it, for example CC BY 4.0."))
    attribution = models.TextField(help_text=_("Who made it and where it comes from."))
    published_at = models.DateTimeField(null=True, blank=True)

    objects = CourseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("course_detail", args=[self.slug])


class Module(models.Model):
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="modules")
    slug = models.SlugField()
    title = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["course", "slug"], name="module_slug_once_a_course"),
        ]

    def __str__(self) -> str:
        return f"{self.course}: {self.title}"


class LessonQuerySet(models.QuerySet["Lesson"]):
    def live(self) -> "LessonQuerySet":
        return self.filter(state=Lesson.State.LIVE)

    def in_order(self) -> "LessonQuerySet":
        return self.order_by("module__position", "position")


class Lesson(models.Model):
    """One page to read. A re-import changes the text and keeps who has read it."""

    class State(models.TextChoices):
        LIVE = "live", _("live")
        EMPTY = "empty", _("announced, not yet written")
        WITHDRAWN = "withdrawn", _("withdrawn")

    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="lessons")
    slug = models.SlugField()
    title = models.CharField(max_length=160)
    body = models.TextField(blank=True, help_text=_("Markdown."))
    license = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State)
    position = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64, help_text=_("SHA-256 of what was imported."))
    changed_at = models.DateTimeField()

    objects = LessonQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["module__position", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["module", "slug"], name="lesson_slug_once_a_module"),
            models.CheckConstraint(condition=~Q(state="live") | ~Q(body=""), name="a_live_lesson_has_text"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("lesson_detail", args=[self.module.course.slug, self.module.slug, self.slug])

    @property
    def minutes(self) -> int:
        """Minutes to read it at 200 words a minute, at least one."""
        return max(1, round(len(self.body.split()) / 200))


class Completion(models.Model):
    """This person has worked through this lesson. Undoing is deleting."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="completions")
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="completions")
    completed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "lesson"], name="a_lesson_is_completed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} completed {self.lesson}"
