from django.contrib import admin

from portal.jobs.models import JobState
from portal.kit.back_office import ReadOnly


@admin.register(JobState)
class JobStateAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("name", "began_at", "succeeded_at", "failed_at", "seconds", "runs", "failures", "error")
    search_fields = ("name", "error")
