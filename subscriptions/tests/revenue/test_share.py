"""The share with a bonus: decided once a month on last month's numbers, kept with every payment it split."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from portal.accounts.models import AudienceCount, Creator, User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.posts import write_post
from subscriptions.actions.shares import (
    BonusNeedsConditions,
    ShareInThePast,
    ShareOutOfRange,
    announce_share,
    decide_share,
    publish_share,
)
from subscriptions.models import Invoice, Post, RevenueShare, ShareDecision, Tier
from subscriptions.queries.shares import Numbers, dry_run, judge, share_view
from subscriptions.tasks import decide_shares
from subscriptions.tests.conftest import Join

HALF, BONUS = 5_000, 2_000
LINES = [(1, "followers", 10_000), (1, "views", 1_000_000), (2, "member_posts", 3)]


@pytest.fixture
def half(shares: None, noon: datetime) -> RevenueShare:
    """Half for the platform, 20 points less with followers and views, or with three posts for members."""
    return publish_share(
        platform_bp=HALF, bonus_bp=BONUS, lines=LINES, effective_date=noon.date(), now=noon, note="Half and half"
    )


def counted(creator: Creator, at: datetime, followers: int, views: int) -> None:
    AudienceCount.objects.create(
        creator=creator, followers=followers, views_30d=views, measured_at=at, origin=AudienceCount.Origin.STAFF
    )


def test_without_the_numbers_the_base_counts_and_the_invoice_keeps_why(
    mika: Creator, sam: User, gold: Tier, half: RevenueShare, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    invoice = Invoice.objects.get()
    assert invoice.share_decision is not None and invoice.share == half
    assert (invoice.platform_bp, invoice.share_decision.has_bonus) == (HALF, False)
    assert invoice.share_decision.inputs["ways"][1] == [{"kind": "member_posts", "at_least": 3, "actual": 0}]
    assert books() == {
        "stripe:usd": 941,
        "expense:stripe_fee:usd": 59,
        "income:platform_fee:usd": -500,
        "creator:mika:pending:usd": -500,
    }


def test_with_last_months_numbers_the_bonus_counts_for_the_whole_month(
    box: Sandbox, deliver: Deliver, mika: Creator, sam: User, lee: User, gold: Tier, half: RevenueShare, join: Join
) -> None:
    noon = box.today()
    counted(mika, noon - timedelta(days=20), 12_000, 1_000_000)
    join(sam, gold)
    assert Invoice.objects.get().platform_bp == 3_000
    counted(mika, noon + timedelta(days=10), 5, 5)
    join(lee, gold)
    assert {invoice.share_decision for invoice in Invoice.objects.all()} == {ShareDecision.objects.get()}
    assert books() == {
        "stripe:usd": 1_882,
        "expense:stripe_fee:usd": 118,
        "income:platform_fee:usd": -600,
        "creator:mika:pending:usd": -1_400,
    }
    box.advance_to(noon + timedelta(days=32))
    deliver()
    june = ShareDecision.objects.get(month_date=date(2026, 6, 1))
    assert (june.has_bonus, june.platform_bp) == (False, HALF)
    assert books() == {
        "stripe:usd": 3_764,
        "expense:stripe_fee:usd": 236,
        "income:platform_fee:usd": -1_600,
        "creator:mika:pending:usd": -2_400,
    }


def test_posts_for_members_are_another_way(mika: Creator, half: RevenueShare, noon: datetime) -> None:
    for n in range(4):
        audience = Post.Audience.PUBLIC if n == 3 else Post.Audience.MEMBERS
        post = write_post(creator=mika, title=f"P{n}", body="x", audience=audience, now=noon)
        Post.objects.filter(pk=post.pk).update(published_at=datetime(2026, 4, 30, 23, n, tzinfo=noon.tzinfo))
    decision = decide_share(share=half, creator=mika, issued_at=noon, now=noon)
    assert decision is not None and decision.has_bonus and decision.inputs["member_posts"] == 3


def test_the_decision_is_made_once(mika: Creator, half: RevenueShare, noon: datetime) -> None:
    first = decide_share(share=half, creator=mika, issued_at=noon, now=noon)
    counted(mika, noon - timedelta(days=16), 10**6, 10**7)
    assert decide_share(share=half, creator=mika, issued_at=noon + timedelta(days=3), now=noon) == first
    assert ShareDecision.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        ShareDecision.objects.create(
            creator=mika, share=half, month_date=date(2026, 5, 1), has_bonus=True, platform_bp=1, decided_at=noon
        )


def test_a_share_without_bonus_needs_no_decision(mika: Creator, shares: None, noon: datetime) -> None:
    share = RevenueShare.objects.get()
    assert decide_share(share=share, creator=mika, issued_at=noon, now=noon) is None


def test_the_first_of_the_month_decides_and_tells(mika: Creator, noor: Creator, half: RevenueShare) -> None:
    with time_machine.travel(datetime(2026, 6, 1, 0, 10, tzinfo=UTC), tick=False):
        for _twice in range(2):
            decide_shares()
    assert [row.creator for row in ShareDecision.objects.all()] == [mika]
    assert [notice.subject for notice in Notice.objects.filter(kind="subscriptions.share")] == [
        "Your share this month: 70 %"
    ]


def test_a_creator_sees_each_condition_the_own_number_and_the_gap(
    client: Client, mika: Creator, half: RevenueShare, noon: datetime
) -> None:
    counted(mika, noon - timedelta(days=20), 12_000, 400_000)
    view = share_view(creator=mika, now=noon)
    first = view.now.ways[0].conditions
    assert [(held.kind, held.actual, held.gap, held.met) for held in first] == [
        ("followers", 12_000, 0, True),
        ("views", 400_000, 600_000, False),
    ]
    # The cast's own count of yesterday is of this month, so it speaks for the next.
    assert view.following.has_bonus and view.following_bp == 7_000
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        page = client.get("/studio/share/").content.decode()
    assert "600,000 missing" in page and "50%" in page and "70%" in page


def test_staff_see_what_a_change_would_have_done_before_it_is_published(
    client: Client, mika: Creator, sam: User, staff: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    june = noon + timedelta(days=20)
    run = dry_run(platform_bp=HALF, bonus_bp=BONUS, lines=LINES, now=june)
    assert (run.month, run.totals) == (date(2026, 5, 1), {"usd": -400})
    (change,) = run.changes
    assert (change.before_bp, change.after_bp, change.delta_minor, change.has_bonus) == (1_000, HALF, -400, False)
    assert RevenueShare.objects.count() == 1
    client.force_login(staff)
    form = {
        "platform": "50",
        "bonus": "20",
        "effective_date": "2026-06-05",
        "followers_1": "10000",
        "member_posts_2": "3",
    }
    with time_machine.travel(june, tick=False):
        page = client.get("/ops/shares/new/", form).content.decode()
        assert "-$4.00" in page and RevenueShare.objects.count() == 1
        assert client.post("/ops/shares/new/", form).status_code == 302
        assert client.post("/ops/shares/new/", form).status_code == 302
        assert "Followers at the end of last month ≥ 10,000" in client.get("/ops/shares/").content.decode()
        assert client.post("/ops/shares/new/", form | {"effective_date": "2026-05-01"}).status_code == 422
        assert client.post("/ops/shares/new/", form | {"platform": "x"}).status_code == 422
    made = RevenueShare.objects.get(version=2)
    assert (made.platform_bp, made.bonus_bp, made.conditions.count()) == (HALF, BONUS, 2)


def test_it_is_refused_with_a_reason(shares: None, noon: datetime) -> None:
    values = {"effective_date": noon.date(), "now": noon}
    with pytest.raises(ShareOutOfRange):
        publish_share(platform_bp=1_000, bonus_bp=1_001, lines=LINES, **values)
    with pytest.raises(ShareInThePast):
        publish_share(platform_bp=1_000, bonus_bp=0, lines=[], now=noon, effective_date=date(2026, 5, 14))
    with pytest.raises(BonusNeedsConditions):
        publish_share(platform_bp=1_000, bonus_bp=1, lines=[], **values)


def test_who_may_not(client: Client, mika: Creator, sam: User, noon: datetime, shares: None) -> None:
    for path in ("/studio/share/", "/ops/shares/", "/ops/shares/new/"):
        assert client.get(path).status_code == 302
    client.force_login(mika.user)
    for path in ("/ops/shares/", "/ops/shares/new/"):
        assert client.get(path).status_code in (302, 403, 404)
        assert client.post(path, {"platform": "0"}).status_code in (302, 403, 404)
    assert client.post("/studio/share/").status_code == 405
    assert RevenueShare.objects.count() == 1
    assert announce_share(creator=mika, now=noon) is None


@pytest.mark.once
@given(st.integers(0, 20_000), st.integers(0, 2_000_000), st.integers(0, 5), st.integers(0, BONUS))
def test_the_bonus_counts_when_one_way_holds_and_never_else(followers: int, views: int, posts: int, bonus: int) -> None:
    told = judge(platform_bp=HALF, bonus_bp=bonus, lines=LINES, numbers=Numbers(followers, views, posts))
    expected = bonus > 0 and ((followers >= 10_000 and views >= 1_000_000) or posts >= 3)
    assert told.has_bonus == expected
    assert told.platform_bp == HALF - (bonus if expected else 0)
