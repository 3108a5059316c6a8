"""Stored events are handled once each, whatever happens on the way."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.ledger.actions import post
from portal.ledger.queries import books
from portal.payments import gateway, inbox, tasks
from portal.payments.models import StripeEvent
from portal.payments.tests.test_stripe_event import event
from portal.sandbox.engine import Sandbox
from portal.sandbox.wire import check_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A handler of our own that writes one entry an event: what it was called with."""
    calls: list[str] = []

    def handler(*, event: StripeEvent) -> None:
        calls.append(event.object_id)
        lines = {"stripe:usd": 100, "equity:capital:usd": -100}
        post(key=f"manual:{event.event_id}", kind="manual", lines=lines, at=event.received_at)
        if event.payload.get("fails"):
            raise RuntimeError("the handler broke after it had written")

    fresh = inbox.Handlers()
    fresh("test.happened")(handler)
    monkeypatch.setattr(inbox, "on", fresh)
    return calls


def store(now: datetime, **changes: Any) -> StripeEvent:
    values = {"type": "test.happened", "data": {"object": {"id": "x_1", "object": "thing"}}} | changes
    event_id = inbox.store(payload=event(**values), now=now)
    return StripeEvent.objects.get(event_id=event_id)


def test_an_event_is_handled_once(seen: list[str], noon: datetime) -> None:
    row = store(noon)
    for _ in range(3):
        assert inbox.handle(event_id=row.event_id, now=noon)
    row.refresh_from_db()
    assert seen == ["x_1"]
    assert (row.handled_at, row.attempts, row.last_error) == (noon, 1, "")
    assert books() == {"equity:capital:usd": -100, "stripe:usd": 100}


def test_an_unknown_kind_is_marked_with_a_note(seen: list[str], noon: datetime) -> None:
    row = store(noon, type="test.else")
    assert inbox.handle(event_id=row.event_id, now=noon)
    row.refresh_from_db()
    assert (row.handled_at, row.note) == (noon, "nobody listens to this kind")


def test_an_event_that_is_not_here_is_not_handled(noon: datetime) -> None:
    assert not inbox.handle(event_id="evt_nowhere", now=noon)


def test_what_a_broken_handler_wrote_is_undone_and_the_error_kept(seen: list[str], noon: datetime) -> None:
    row = store(noon, fails=True)
    with pytest.raises(RuntimeError):
        inbox.handle(event_id=row.event_id, now=noon)
    row.refresh_from_db()
    assert books() == {}
    assert (row.handled_at, row.claimed_at, row.attempts) == (None, None, 1)
    assert row.last_error == "RuntimeError: the handler broke after it had written"
    assert row.due_at == noon + timedelta(seconds=10)


def test_the_wait_grows_and_the_retry_succeeds(seen: list[str], noon: datetime) -> None:
    row = store(noon, fails=True)
    for _ in range(4):
        with pytest.raises(RuntimeError):
            inbox.handle(event_id=row.event_id, now=noon)
    row.refresh_from_db()
    assert row.due_at == noon + timedelta(seconds=80)
    assert list(StripeEvent.objects.due(noon)) == []
    assert list(StripeEvent.objects.due(row.due_at)) == [row]

    row.payload["fails"] = False
    row.save()
    assert inbox.handle(event_id=row.event_id, now=row.due_at)
    assert seen == ["x_1"] * 5
    assert books() == {"equity:capital:usd": -100, "stripe:usd": 100}


def test_the_task_keeps_its_calm_and_the_row_its_error(seen: list[str], noon: datetime) -> None:
    row = store(noon, fails=True)
    tasks.handle_event(event_id=row.event_id)
    row.refresh_from_db()
    assert row.handled_at is None and row.last_error


def test_an_event_in_other_hands_is_left_alone(seen: list[str], noon: datetime) -> None:
    row = store(noon)
    StripeEvent.objects.filter(pk=row.pk).update(claimed_at=noon)
    assert not inbox.handle(event_id=row.event_id, now=noon)
    assert seen == []


def test_two_events_of_one_object_are_never_in_hand_at_once(seen: list[str], noon: datetime) -> None:
    first, second = store(noon, id="evt_a"), store(noon, id="evt_b")
    StripeEvent.objects.filter(pk=first.pk).update(claimed_at=noon)
    assert not inbox.handle(event_id=second.event_id, now=noon)
    StripeEvent.objects.filter(pk=first.pk).update(claimed_at=None)
    assert inbox.handle(event_id=second.event_id, now=noon)
    assert inbox.handle(event_id=first.event_id, now=noon)
    assert seen == ["x_1", "x_1"]


def test_a_dead_workers_event_comes_back(seen: list[str], noon: datetime) -> None:
    row = store(noon)
    StripeEvent.objects.filter(pk=row.pk).update(claimed_at=noon)
    assert inbox.release_abandoned(now=noon + timedelta(minutes=4)) == 0
    assert inbox.release_abandoned(now=noon + timedelta(minutes=6)) == 1
    assert inbox.handle(event_id=row.event_id, now=noon + timedelta(minutes=6))


def test_the_sweeper_wakes_workers_for_what_is_due(
    seen: list[str], noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(noon, id="evt_lost"), store(noon + timedelta(days=3650), id="evt_later")
    woken: list[str] = []
    monkeypatch.setattr(tasks, "enqueue", lambda name, *, event_id: woken.append(event_id))
    tasks.sweep_inbox()
    assert woken == ["evt_lost"]


def test_a_replay_runs_the_handler_again_and_the_books_stay(seen: list[str], noon: datetime) -> None:
    row = store(noon)
    inbox.handle(event_id=row.event_id, now=noon)
    inbox.replay(event=row, now=noon)
    assert inbox.handle(event_id=row.event_id, now=noon)
    assert seen == ["x_1", "x_1"]
    assert books() == {"equity:capital:usd": -100, "stripe:usd": 100}


def test_handlers_read_the_object_as_it_is_now_without_asking_twice(
    box: Sandbox, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = gateway.client().v1.customers.create({"email": "old@example.com"})
    gateway.client().v1.customers.update(made.id, {"email": "new@example.com"})
    emails: list[str] = []

    def handler(*, event: StripeEvent) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(gateway, "client", lambda: pytest.fail("asked the provider inside the transaction"))
            emails.append(gateway.fetch("customer", event.object_id).email)

    fresh = inbox.Handlers()
    fresh("customer.created")(handler)
    monkeypatch.setattr(inbox, "on", fresh)
    old = {"id": made.id, "object": "customer", "email": "old@example.com"}
    row = store(noon, type="customer.created", data={"object": old})
    inbox.handle(event_id=row.event_id, now=noon)
    assert emails == ["new@example.com"]


def test_what_a_handler_needs_besides_is_read_outside_its_transaction(
    box: Sandbox, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gateway.asking():
        customers = [gateway.client().v1.customers.create({"name": name}).id for name in ("Sam", "Lee")]
    asked, names = [], []
    look = gateway._look

    def watch(kind: str, id: str, account: str | None) -> Any:
        asked.append((id, gateway.is_in_transaction()))
        return look(kind, id, account)

    def handler(*, event: StripeEvent) -> None:
        post(
            key=f"manual:{event.event_id}",
            kind="manual",
            lines={"stripe:usd": 1, "equity:capital:usd": -1},
            at=event.received_at,
        )
        names.append([gateway.fetch("customer", customer).name for customer in customers])

    monkeypatch.setattr(gateway, "_look", watch)
    fresh = inbox.Handlers()
    fresh("test.happened")(handler)
    monkeypatch.setattr(inbox, "on", fresh)
    row = store(noon, data={"object": {"id": customers[0], "object": "customer"}})
    assert inbox.handle(event_id=row.event_id, now=noon)
    assert asked == [(customer, False) for customer in customers]
    assert names == [["Sam", "Lee"]]
    assert books() == {"equity:capital:usd": -1, "stripe:usd": 1}


def test_a_handler_that_never_has_enough_is_stopped(
    box: Sandbox, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handler(*, event: StripeEvent) -> None:
        for number in range(100):
            with suppress(gateway.CertainRefusal):
                gateway.fetch("customer", f"cus_{number}")

    fresh = inbox.Handlers()
    fresh("test.happened")(handler)
    monkeypatch.setattr(inbox, "on", fresh)
    row = store(noon)
    with pytest.raises(inbox.TooManyReadings):
        inbox.handle(event_id=row.event_id, now=noon)
    row.refresh_from_db()
    assert row.handled_at is None and row.last_error.startswith("TooManyReadings")


def test_every_handler_listens_to_an_event_that_exists() -> None:
    def of(kind: str) -> dict[str, Any]:
        return {
            "object": "v2.core.event" if kind.startswith("v2.") else "event",
            "type": kind,
            "data": {"object": {"object": "event"}},
        }

    unknown = [kind for kind in inbox.on.names() if any("no such" in problem for problem in check_event(of(kind)))]
    assert inbox.on.names() and unknown == []
