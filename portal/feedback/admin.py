from django.contrib import admin

from portal.feedback.models import Answer, Idea


class AnswerInline(admin.StackedInline):
    model = Answer
    extra = 0
    readonly_fields = ("author", "outcome", "text", "answered_at")
    can_delete = False

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        # Answers are given on the idea's own page, where everybody who voted is told.
        return False


@admin.register(Idea)
class IdeaAdmin(admin.ModelAdmin):
    list_display = ("title", "area", "author", "suggested_at")
    list_filter = ("area",)
    search_fields = ("title", "body")
    inlines = (AnswerInline,)
    view_on_site = True
