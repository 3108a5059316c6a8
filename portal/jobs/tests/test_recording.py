from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from celery.schedules import crontab
from django.contrib.auth.models import Permission
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.celery import TIMETABLE
from portal.jobs import queries, recording
from portal.jobs.models import JobState

pytestmark = pytest.mark.django_db
NAME = "subscriptions.mature_invoices"


def run(name: str = NAME) -> None:
    current_app.tasks[name].apply()


def test_a_run_is_written_down_and_a_second_one_counted() -> None:
    run()
    first = JobState.objects.get(name=NAME)
    assert first.runs == 1 and first.succeeded_at and first.began_at and first.seconds >= 0
    assert (first.failed_at, first.error, first.failures) == (None, "", 0)
    run()
    assert JobState.objects.get(name=NAME).runs == 2


def test_a_failure_keeps_its_words_until_it_succeeds_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(**_: Any) -> None:
        raise ValueError("no such invoice")

    task = current_app.tasks[NAME]
    with monkeypatch.context() as patch:
        patch.setattr(task, "run", breaks)
        task.apply(throw=False)
    state = JobState.objects.get(name=NAME)
    assert (state.runs, state.failures, state.error) == (1, 1, "ValueError: no such invoice")
    assert state.failed_at and state.succeeded_at is None
    assert queries.timetable(at=state.failed_at)[0].name == NAME
    run()
    state.refresh_from_db()
    assert (state.runs, state.failures, state.error) == (2, 1, "")


def test_other_tasks_are_not_written_down() -> None:
    current_app.tasks["payments.handle_event"].apply(kwargs={"event_id": "evt_unknown"})
    assert not JobState.objects.exists()


def test_a_job_runs_even_where_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: Any) -> Any:
        raise DatabaseError("disk full")

    monkeypatch.setattr(recording.JobState.objects, "filter", full)
    run()


def test_a_job_that_does_not_come_is_late(noon: datetime) -> None:
    JobState.objects.create(name=NAME, began_at=noon, succeeded_at=noon, runs=1)
    jobs = {job.name: job for job in queries.timetable(at=noon + timedelta(minutes=30))}
    assert len(jobs) == len(TIMETABLE)
    assert jobs[NAME].due_at == noon + timedelta(minutes=10) and jobs[NAME].is_late
    late = queries.timetable(at=noon + timedelta(minutes=20))
    assert not {job.name: job for job in late}[NAME].is_late
    assert not jobs["payouts.open_run"].is_late and not jobs["payouts.open_run"].is_well, "never run: nobody knows"


def test_the_next_run() -> None:
    moment = datetime(2026, 5, 16, tzinfo=UTC)
    assert queries.next_run(60.0, moment) == moment + timedelta(minutes=1)
    monthly = crontab(minute=0, hour=6, day_of_month="15")
    assert queries.next_run(monthly, moment) == datetime(2026, 6, 15, 6, tzinfo=UTC)


def test_staff_read_them_in_the_back_office(client: Client, staff: User) -> None:
    run()
    staff.user_permissions.add(Permission.objects.get(codename="view_jobstate"))
    client.force_login(staff)
    answer = client.get(reverse("admin:jobs_jobstate_changelist"))
    assert answer.status_code == 200 and NAME in answer.content.decode()
