"""One row for each job of the timetable, not one for each run: some run every few seconds."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.Model):
    """How a job of the timetable fared. `error` is what it said when it last failed, "" once it succeeded again."""

    name = models.CharField(_("job"), max_length=80, unique=True)
    began_at = models.DateTimeField(_("began"), null=True, blank=True)
    succeeded_at = models.DateTimeField(_("succeeded"), null=True, blank=True)
    failed_at = models.DateTimeField(_("failed"), null=True, blank=True)
    seconds = models.FloatField(_("took, in seconds"), default=0)
    runs = models.PositiveBigIntegerField(_("runs"), default=0)
    failures = models.PositiveBigIntegerField(_("failures"), default=0)
    error = models.CharField(_("what it said"), max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = _("job")
        verbose_name_plural = _("jobs")

    def __str__(self) -> str:
        return self.name
