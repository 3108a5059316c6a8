from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.payments.models import Customer
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.models import Dunning, Membership, PaymentAttempt, Tier
from subscriptions.tests.conftest import Join
from subscriptions.tests.passing import PAYS, fail_renewal

pytestmark = pytest.mark.usefixtures("books_proved")


@pytest.fixture
def unpaid(box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime) -> Membership:
    membership = join(sam, gold)
    fail_renewal(box, sam, noon.replace(month=6), deliver)
    return membership


def address(membership: Membership) -> str:
    return f"/me/memberships/{membership.public_id}/payment/"


def press(client: Client, box: Sandbox, membership: Membership) -> str:
    with time_machine.travel(box.today(), tick=False):
        return client.post(address(membership), follow=True).content.decode()


def test_a_card_that_works_again_pays_once(
    client: Client, box: Sandbox, sam: User, unpaid: Membership, deliver: Deliver
) -> None:
    box.replace_card(Customer.objects.get(user=sam).stripe_id, card=PAYS)
    client.force_login(sam)
    assert "Try my card again" in client.get("/me/memberships/").content.decode()
    assert "Your membership goes on" in press(client, box, unpaid)
    assert "Nothing is open here" in press(client, box, unpaid)
    deliver()
    assert Dunning.objects.get().state == Dunning.State.RECOVERED
    assert books("creator:") == {"creator:mika:pending:usd": -1_800}


def test_a_card_that_says_no_says_why(client: Client, box: Sandbox, sam: User, unpaid: Membership) -> None:
    client.force_login(sam)
    assert "declined" in press(client, box, unpaid)
    assert PaymentAttempt.objects.get().kind == PaymentAttempt.Kind.BY_FAN


def test_others_find_nothing(client: Client, box: Sandbox, lee: User, unpaid: Membership) -> None:
    assert client.post(address(unpaid)).status_code == 302
    client.force_login(lee)
    assert client.post(address(unpaid)).status_code == 404
    assert not PaymentAttempt.objects.exists()


def test_looking_charges_nothing(client: Client, sam: User, unpaid: Membership) -> None:
    client.force_login(sam)
    assert client.get(address(unpaid)).status_code == 405
