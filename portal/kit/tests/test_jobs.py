import pytest
from celery import current_app
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from portal.kit.jobs import UnknownJob, enqueue

done: list[int] = []


@current_app.task(name="kit.count_for_test")
def count_for_test(*, number: int, **_: object) -> None:
    done.append(number)


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()


def test_a_job_starts_after_commit(
    db: None, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        enqueue("kit.count_for_test", number=7)
        assert done == []
    assert done == [7]


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_transaction_that_fails_never_starts() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012  fails after the job was named
        enqueue("kit.count_for_test", number=7)
        raise ZeroDivisionError
    assert done == []


def test_an_unknown_job_fails_at_once(db: None) -> None:
    with pytest.raises(UnknownJob, match=r"payouts\.send_payot"):
        enqueue("payouts.send_payot", payout_id=7)
