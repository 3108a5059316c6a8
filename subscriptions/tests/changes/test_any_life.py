"""Random lives of a membership on the provider's clock: what is shown is what is charged, and the books agree."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.ledger.invariants import offenders
from portal.ledger.queries import books
from portal.payments.gateway import balance, client
from portal.sandbox.engine import Sandbox
from portal.testing.cast import person
from subscriptions.actions.changes import take_back_change
from subscriptions.actions.memberships import undo_cancellation
from subscriptions.models import Membership, Quote, Tier
from subscriptions.queries.access import perks
from subscriptions.tests.changes.conftest import HOURS, Agree, Pass, charges
from subscriptions.tests.conftest import Join

Status = Membership.Status
WISHES: tuple[tuple[str, dict[str, object]], ...] = (
    ("change", {"interval": "month"}),
    ("change", {"interval": "year"}),
    ("change", {"interval": "month", "amount_minor": 1_750}),
    ("pause", {"months": 1}),
    ("pause", {"months": 3}),
    ("resume", {}),
    ("cancel", {}),
    ("stay", {}),
    ("take back", {}),
)
# One fan an example, and hypothesis tries some examples twice.
NUMBERS = count(1)
# A wish, the higher tier or the lower one, and the hours that pass then.
STEPS = st.tuples(st.sampled_from(WISHES), st.booleans(), st.integers(1, 40 * 24))


@dataclass
class Life:
    """One fan's membership, and what they were promised last: the next charge (None: no charge) and its day."""

    membership: Membership
    promised: int | None
    due: datetime | None
    seen: int = field(default=1)

    @property
    def fan(self) -> User:
        return self.membership.fan

    def agreed(self, quote: Quote) -> None:
        self.promised, self.due = quote.next_charge_minor, quote.next_charge_at
        self.seen = len(charges(self.fan))

    def goes_on(self) -> None:
        """As it was before: the plan that is held, on its day."""
        self.promised, self.due = self.membership.price.amount_minor, self.membership.next_charge_at

    def check(self, now: datetime) -> None:
        """Every charge since was the promised one; the first on the promised day; and the doors are as they should."""
        self.membership.refresh_from_db()
        newer = charges(self.fan)[self.seen :]
        self.seen += len(newer)
        assert {amount for _at, amount in newer} <= {self.promised}
        if self.due is not None and self.due + HOURS <= now:
            assert newer, "what was promised was not charged"
            # A new rhythm begins when the fan agrees, up to fifteen minutes after the offer; then the hour of the draft.
            assert abs(newer[0][0] - self.due) <= timedelta(hours=1, minutes=15)
            self.due = self.membership.next_charge_at
        is_open = perks(viewer=self.fan, creator=self.membership.creator, at=now).is_member
        assert is_open == (self.membership.status in (Status.ACTIVE, Status.TRIALING))


def act(life: Life, wish: str, wanted: dict[str, object], tier: Tier, agree: Agree, now: datetime) -> None:
    if wish == "stay":
        life.membership = undo_cancellation(membership=life.membership, by=life.fan, now=now)
        life.goes_on()
    elif wish == "take back":
        take_back_change(membership=life.membership, by=life.fan, now=now)
        life.goes_on()
    else:
        more = {"tier": tier} if wish == "change" else {}
        life.agreed(agree(wish, life.membership, **wanted, **more))


@given(steps=st.lists(STEPS, min_size=2, max_size=6), begins_high=st.booleans())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_charged_is_what_was_shown_and_the_books_agree(
    box: Sandbox,
    silver: Tier,
    gold: Tier,
    yearly: None,
    join: Join,
    agree: Agree,
    until: Pass,
    steps: list[tuple[tuple[str, dict[str, object]], bool, int]],
    begins_high: bool,
) -> None:
    membership = join(person(f"Fan{next(NUMBERS)}"), gold if begins_high else silver, now=box.today())
    life = Life(membership, membership.price.amount_minor, membership.period_end_at)
    for (wish, wanted), high, hours in steps:
        try:
            act(life, wish, wanted, gold if high else silver, agree, box.today())
        except Refusal:
            assert len(charges(life.fan)) == life.seen, "a refusal charges nothing"
        until(box.today() + timedelta(hours=hours))
        life.check(box.today())
    life.membership.refresh_from_db()
    if life.membership.is_going_on:
        # This fan's time is over; the next example begins with another.
        client().v1.subscriptions.cancel(life.membership.stripe_subscription_id)
        until(box.today() + timedelta(minutes=1))
    assert balance()["usd"] == books()["stripe:usd"]
    assert offenders() == {}
