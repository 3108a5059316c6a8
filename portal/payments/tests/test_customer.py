import pytest

from portal.accounts.models import User
from portal.payments import gateway
from portal.payments.actions import ProviderIsSilent, ensure_customer
from portal.payments.models import Customer
from portal.sandbox.engine import Sandbox

pytestmark = pytest.mark.django_db


def customers() -> list[str]:
    return [row.id for row in gateway.client().v1.customers.list()]


def test_a_payer_becomes_a_customer_once(sam: User, box: Sandbox) -> None:
    id = ensure_customer(user=sam)
    assert ensure_customer(user=sam) == id
    assert customers() == [id]
    assert gateway.fetch("customer", id).email == sam.email


def test_a_lost_answer_makes_no_second_customer(sam: User, box: Sandbox) -> None:
    box.faults.add("timeout_after_commit", path="/v1/customers")
    with pytest.raises(ProviderIsSilent):
        ensure_customer(user=sam)
    assert not Customer.objects.exists()
    assert [ensure_customer(user=sam)] == customers()


def test_a_changed_email_does_not_block(sam: User, box: Sandbox) -> None:
    box.faults.add("timeout_after_commit", path="/v1/customers")
    with pytest.raises(ProviderIsSilent):
        ensure_customer(user=sam)
    sam.email = "sam@new.example.com"
    assert ensure_customer(user=sam) in customers()
