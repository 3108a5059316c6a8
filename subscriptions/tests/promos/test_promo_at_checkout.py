"""A code from the join page to the books: what was shown is charged, and the share is split on what was paid."""

from datetime import datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.actions.promos import add_promo
from subscriptions.actions.refunds import refund_invoice
from subscriptions.models import Invoice, PromoUse, Tier
from subscriptions.queries.promos import PromoUsedByYou, discount_for
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")


def month(box: Sandbox, deliver: Deliver, noon: datetime, number: int) -> None:
    box.advance_to(noon.replace(month=number) + timedelta(hours=3))
    deliver()


def test_the_first_payment_is_cheaper_and_split_as_paid(
    box: Sandbox, sam: User, mika: Creator, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    add_promo(creator=mika, code="SPRING", percent=25, now=noon)
    join(sam, gold, code="spring")
    assert books() == {
        "creator:mika:pending:usd": -675,
        "expense:stripe_fee:usd": 52,
        "income:platform_fee:usd": -75,
        "stripe:usd": 698,
    }
    invoice = Invoice.objects.get()
    assert (invoice.total_minor, invoice.discount_minor) == (750, 250)
    month(box, deliver, noon, 6)
    assert books("creator:") == {"creator:mika:pending:usd": -675 - 900}


def test_three_months_are_cheaper_and_the_fourth_is_not(
    box: Sandbox, sam: User, mika: Creator, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    add_promo(creator=mika, code="SPRING", amount_minor=400, duration="months", months=3, now=noon)
    join(sam, gold, code="SPRING")
    for number in (6, 7, 8):
        month(box, deliver, noon, number)
    paid = list(Invoice.objects.order_by("issued_at").values_list("gross_minor", flat=True))
    assert paid == [600, 600, 600, 1_000]
    assert books("creator:") == {"creator:mika:pending:usd": -(3 * 540 + 900)}


def test_a_code_that_takes_all_off_charges_nothing(
    sam: User, mika: Creator, gold: Tier, join: Join, noon: datetime
) -> None:
    add_promo(creator=mika, code="FRIEND", percent=100, now=noon)
    membership = join(sam, gold, code="FRIEND")
    assert (membership.status, books()) == ("active", {})
    assert not Invoice.objects.get().is_trial


def test_a_full_refund_frees_the_place_and_a_part_does_not(
    sam: User, mika: Creator, staff: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    add_promo(creator=mika, code="SPRING", percent=25, most_uses=1, now=noon)
    join(sam, gold, code="SPRING")
    price, invoice = gold.prices.get(), Invoice.objects.get()
    refund_invoice(invoice=invoice, amount_minor=300, by=staff, now=noon)
    with pytest.raises(PromoUsedByYou):
        discount_for(code="SPRING", fan=sam, price=price, at=noon)
    refund = refund_invoice(invoice=invoice, amount_minor=None, by=staff, now=noon)
    deliver()
    assert discount_for(code="SPRING", fan=sam, price=price, at=noon).off_minor(1_000) == 250
    assert PromoUse.objects.get().freed_at is not None
    assert books() == {"expense:stripe_fee:usd": 52, "stripe:usd": -52}
    assert refund.amount_minor == 450


def test_a_refund_that_fails_takes_the_place_again(
    box: Sandbox, sam: User, mika: Creator, staff: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    add_promo(creator=mika, code="SPRING", percent=25, now=noon)
    join(sam, gold, code="SPRING")
    refund = refund_invoice(invoice=Invoice.objects.get(), amount_minor=None, by=staff, now=noon)
    box.fail_refund(refund.stripe_id)
    deliver()
    assert PromoUse.objects.get().freed_at is None


def test_a_card_that_had_used_the_code_pays_the_full_price_later(
    box: Sandbox, sam: User, lee: User, mika: Creator, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    """What was shown is charged; later payments are not cheaper a second time."""
    add_promo(creator=mika, code="SPRING", percent=50, duration="forever", now=noon)
    join(sam, gold, code="SPRING")
    join(lee, gold, code="SPRING")
    for use in PromoUse.objects.all():
        with time_machine.travel(noon, tick=False):
            tasks.cut_promo_short(use_id=use.pk)
            tasks.cut_promo_short(use_id=use.pk)
    assert [use.cut_short_at for use in PromoUse.objects.order_by("pk")] == [None, noon]
    assert Notice.objects.filter(kind="subscriptions.price_change").values_list("user", flat=True).get() == lee.pk
    month(box, deliver, noon, 6)
    paid = {fan: [] for fan in (sam.pk, lee.pk)}  # type: ignore[var-annotated]
    for invoice in Invoice.objects.order_by("issued_at").select_related("membership"):
        paid[invoice.membership.fan_id].append(invoice.gross_minor)
    assert paid == {sam.pk: [500, 500], lee.pk: [500, 1_000]}
