from django.contrib import admin

from academy.models import Completion, Course, Lesson, Module
from portal.kit.back_office import Rows


class ModuleInline(Rows):
    model = Module
    extra = 0


@admin.register(Course)
class CourseAdmin(admin.ModelAdmin):
    list_display = ("title", "license", "published_at")
    inlines = (ModuleInline,)


@admin.register(Lesson)
class LessonAdmin(admin.ModelAdmin):
    list_display = ("title", "module", "state", "license", "changed_at")
    list_filter = ("state", "module__course")
    search_fields = ("title", "body")


@admin.register(Completion)
class CompletionAdmin(admin.ModelAdmin):
    list_display = ("user", "lesson", "completed_at")
    list_filter = ("lesson__module__course",)
    autocomplete_fields = ("lesson",)
