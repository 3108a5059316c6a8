from datetime import datetime

from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from shop.actions.links import record_click
from shop.actions.orders import record_order
from shop.facts import LineFacts
from shop.models import Brand, Click
from shop.queries import creator_summary
from shop.tests.conftest import Fill, order_of


def test_funnel_from_clicks_to_money(
    mika_in: Client, mika: Creator, juniper: Brand, click: Click, fill: Fill, noon: datetime
) -> None:
    fill(10_000)
    record_click(link=click.link, visitor="v2", now=noon, flag=Click.Flag.BOT)
    record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    summary = creator_summary(mika, noon)
    assert summary["funnel"] == {"clicks": 1, "visitors": 1, "machines": 1, "own": 0, "orders": 1, "commissions": 1}
    assert summary["amounts"] == {"pending": {"usd": 400}}
    text = mika_in.get(reverse("showcase")).content.decode()
    assert "$4.00" in text
    assert "1 by machines" in text


def test_lost_sale_says_why(mika_in: Client, juniper: Brand, click: Click, noon: datetime) -> None:
    facts = order_of(click, at=noon, lines=(LineFacts("1", "lamp", 1, 4_000),), buyer_region="FR")
    record_order(brand=juniper, facts=facts, now=noon)
    assert "not open in the buyer&#x27;s region" in mika_in.get(reverse("showcase")).content.decode()


def test_beginner_is_shown_the_way(mika_in: Client) -> None:
    assert "No links yet" in mika_in.get(reverse("showcase")).content.decode()


def test_creators_only(client: Client, sam: User) -> None:
    assert client.get(reverse("showcase")).status_code == 302
    client.force_login(sam)
    assert client.get(reverse("showcase")).status_code == 302


def test_only_reading_is_allowed(mika_in: Client) -> None:
    assert mika_in.post(reverse("showcase")).status_code == 405
