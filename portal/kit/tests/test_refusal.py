from collections.abc import Callable

from portal.kit.public_ids import ALPHABET, public_id
from portal.kit.refusal import Refusal
from portal.kit.registry import Registry


class TierIsFull(Refusal):
    sentence = "All %(cap)s places are taken."


def test_a_refusal_is_a_sentence_with_a_name_for_machines() -> None:
    refusal = TierIsFull(cap=20)
    assert (str(refusal), refusal.code, refusal.status) == ("All 20 places are taken.", "tier_is_full", 409)


def test_public_ids_are_long_and_differ() -> None:
    ids = {public_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(one) for one in ids} == {12}
    assert set("".join(ids)) <= set(ALPHABET)


def test_a_registry_finds_what_was_remembered() -> None:
    on: Registry[Callable[..., int]] = Registry("event")
    on("invoice.paid")(len)
    assert on["invoice.paid"] is len
    assert on.get("invoice.lost") is None
    assert on.names() == ["invoice.paid"]
