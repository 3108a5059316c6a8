"""Start a job by its name, after the transaction has committed."""

from celery import current_app
from celery.app.task import Task
from django.db import transaction


class UnknownJob(LookupError):
    """No task of that name exists."""


def find_job(name: str) -> Task:
    try:
        return current_app.tasks[name]
    except KeyError:
        raise UnknownJob(f"no job is called {name!r}") from None


def enqueue(name: str, *, delay_seconds: float | None = None, **arguments: object) -> None:
    """Queue the task `name` with keyword `arguments` once the current transaction commits.

    An unknown name fails now, not in the worker. A job is a wake-up call: the rows it works on are the real queue,
    so a lost one costs a minute and a repeated one is harmless.
    """
    task = find_job(name)
    transaction.on_commit(lambda: task.apply_async(kwargs=arguments, countdown=delay_seconds))
