"""Time passes in tests for everybody at once: the provider, our doors, and the jobs of the timetable."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import time_machine

from portal.accounts.models import User
from portal.payments.models import Customer
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.models import PaymentCard

# Attaches, but no charge succeeds.
FAILS_LATER = "4000000000000341"
PAYS = "4242424242424242"


def days_until(box: Sandbox, until: datetime) -> Iterator[datetime]:
    """Each day from the sandbox's now on, and the end."""
    moment = box.today()
    while moment < until:
        moment = min(until, moment + timedelta(days=1))
        yield moment


def live_until(box: Sandbox, deliver: Deliver, until: datetime) -> None:
    """Day by day: what is due happens at the provider, its events arrive, unpaid renewals are tried again."""
    for moment in days_until(box, until):
        box.advance_to(moment)
        deliver()
        with time_machine.travel(moment, tick=False):
            tasks.collect_due()
        deliver()


def fail_renewal(box: Sandbox, fan: User, due: datetime, deliver: Deliver) -> None:
    """The fan's card stops working, and the renewal of that moment is tried in vain."""
    box.replace_card(Customer.objects.get(user=fan).stripe_id, card=FAILS_LATER)
    box.advance_to(due + timedelta(hours=3))
    deliver()


def give_card(box: Sandbox, fan: User, deliver: Deliver, *, card: str = PAYS) -> None:
    """The fan gives another card on the provider's page, the event arrives, and its job is done."""
    box.replace_card(Customer.objects.get(user=fan).stripe_id, card=card)
    deliver()
    with time_machine.travel(box.today(), tick=False):
        tasks.retry_new_card(card_id=PaymentCard.objects.filter(user=fan).latest("pk").pk)
    deliver()
