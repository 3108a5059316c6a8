"""Test clocks: a customer's own time, moved by hand."""

from portal.sandbox.errors import invalid
from portal.sandbox.registry import Call, Obj, handles, kind
from portal.sandbox.world import World

kind("test_helpers.test_clock")


@handles("POST", "/v1/test_helpers/test_clocks", "frozen_time name")
def create_clock(box: World, call: Call) -> Obj:
    clock = box.put(
        "test_helpers.test_clock",
        frozen_time=call.params["frozen_time"],
        name=call.params.get("name"),
        status="ready",
        deletes_after=box.now() + 30 * 86_400,
    )
    box.emit("test_helpers.test_clock.created", clock)
    return clock


@handles("POST", "/v1/test_helpers/test_clocks/{test_clock}/advance", "frozen_time")
def advance_clock(box: World, call: Call) -> Obj:
    return move(box, call.ids[0], call.params["frozen_time"])


def move(box: World, id: str, target: int) -> Obj:
    """Everything that falls due until `target` happens to the customers on this clock."""
    clock = box.get(id, "test_helpers.test_clock")
    if target <= clock["frozen_time"]:
        raise invalid("A test clock can only be advanced into the future.", param="frozen_time")
    box.emit("test_helpers.test_clock.advancing", clock)
    box.run_due(target, clock["id"])
    clock = box.get(clock["id"])
    clock["frozen_time"] = target
    box.emit("test_helpers.test_clock.ready", clock)
    return clock


@handles("DELETE", "/v1/test_helpers/test_clocks/{test_clock}")
def delete_clock(box: World, call: Call) -> Obj:
    """Its customers and their subscriptions go with it."""
    clock = box.get(call.id, "test_helpers.test_clock")
    for name in ("subscription", "customer"):
        for obj in box.all(name, test_clock=clock["id"]):
            box.drop(obj)
    box.store.execute("DELETE FROM due WHERE clock = ?", (clock["id"],))
    box.emit("test_helpers.test_clock.deleted", clock)
    return box.drop(clock)
