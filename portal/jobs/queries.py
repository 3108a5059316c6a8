"""Is every job of the timetable running as it should?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from celery.schedules import crontab, schedule

from portal.celery import TIMETABLE
from portal.jobs.models import JobState

# A worker may be busy with a payday; a job that runs every few seconds may miss some turns.
PATIENCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Job:
    """One line of the timetable. `due_at`: when it should run next; None when it has never run."""

    title: str
    name: str
    state: JobState | None
    due_at: datetime | None
    is_late: bool

    @property
    def has_failed(self) -> bool:
        return bool(self.state and self.state.error)

    @property
    def is_well(self) -> bool:
        return self.state is not None and not self.is_late and not self.has_failed


def timetable(*, at: datetime) -> list[Job]:
    """Every job: the troubled first, then in the order of the timetable. One query."""
    states = {state.name: state for state in JobState.objects.all()}
    jobs = [_job(title, name, when, states.get(name), at) for title, (name, when) in TIMETABLE.items()]
    return sorted(jobs, key=lambda job: (not job.has_failed, not job.is_late))


def _job(title: str, name: str, when: float | crontab, state: JobState | None, at: datetime) -> Job:
    if state is None or state.began_at is None:
        return Job(title, name, state, None, is_late=False)
    due = next_run(when, state.began_at)
    return Job(title, name, state, due, is_late=due + PATIENCE < at)


def next_run(when: float | crontab, last: datetime) -> datetime:
    """The first time after `last` at which the timetable wants the job."""
    rhythm = when if isinstance(when, crontab) else schedule(timedelta(seconds=when))
    if not isinstance(rhythm, crontab):
        return last + rhythm.run_every
    began, rest, _now = rhythm.remaining_delta(last)
    return began + rest
