from collections.abc import Callable

from portal.ledger.queries import books
from portal.payments.models import StripeEvent
from portal.sandbox.engine import Sandbox


def test_own_money_comes_from_our_bank_once(box: Sandbox, deliver: Callable[[], list[str]], db: None) -> None:
    topup = box.top_up(50_000, "usd")
    deliver()
    assert books() == {"stripe:usd": 50_000, "bank:usd": -50_000}
    event = StripeEvent.objects.get(kind="topup.succeeded", object_id=topup["id"])
    box.resend(event.event_id)
    StripeEvent.objects.filter(pk=event.pk).update(handled_at=None, claimed_at=None)
    deliver()
    assert books() == {"stripe:usd": 50_000, "bank:usd": -50_000}
