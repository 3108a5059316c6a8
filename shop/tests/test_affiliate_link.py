"""/s/<code>/: the click is written down before the visitor is sent on."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import Creator, User
from shop import visitors
from shop.actions.catalog import delist_product
from shop.models import Click, Link, Product

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def path(link: Link) -> str:
    return link.get_absolute_url()


def test_click_is_kept_and_the_visitor_sent_on(client: Client, path: str, link: Link) -> None:
    answer = client.get(path, HTTP_USER_AGENT=BROWSER, HTTP_REFERER="https://video.example/watch?v=1")
    click = Click.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/shop/{link.product.public_id}/?portal_click={click.token}"
    assert answer["Cache-Control"] == "no-store"
    assert (click.link, click.flag, click.referrer) == (link, "", "video.example")
    assert visitors.unseal(answer.cookies[visitors.COOKIE].value) == click.visitor
    assert answer.cookies[visitors.COOKIE]["httponly"]


def test_second_click_is_of_the_same_visitor(client: Client, path: str) -> None:
    for _turn in range(2):
        client.get(path, HTTP_USER_AGENT=BROWSER)
    assert Click.objects.count() == 2
    assert len(set(Click.objects.values_list("visitor", flat=True))) == 1


def test_made_up_cookie_is_not_believed(client: Client, path: str) -> None:
    for cookie in ("visitor1.0000", "x" * 500, ".", "ünïcode.ä"):
        client.cookies[visitors.COOKIE] = cookie
        client.get(path, HTTP_USER_AGENT=BROWSER)
    assert not set(Click.objects.values_list("visitor", flat=True)) & {"visitor1", "x", ""}


def test_destination_keeps_its_own_question_and_fragment(client: Client, path: str, lamp: Product) -> None:
    Product.objects.filter(pk=lamp.pk).update(url="https://juniper.example/lamp?color=red#top")
    answer = client.get(path, HTTP_USER_AGENT=BROWSER)
    token = Click.objects.get().token
    assert answer["Location"] == f"https://juniper.example/lamp?color=red&portal_click={token}#top"


@pytest.mark.parametrize("agent", ["Googlebot/2.1", "curl/8.5", "python-requests/2.34", "facebookexternalhit/1.1", ""])
def test_machines_are_flagged(client: Client, path: str, agent: str) -> None:
    assert client.get(path, HTTP_USER_AGENT=agent).status_code == 302
    assert Click.objects.get().flag == Click.Flag.BOT


def test_own_click_is_flagged(client: Client, path: str, mika: Creator, sam: User) -> None:
    client.force_login(mika.user)
    client.get(path, HTTP_USER_AGENT=BROWSER)
    client.force_login(sam)
    client.get(path, HTTP_USER_AGENT=BROWSER)
    assert list(Click.objects.order_by("pk").values_list("flag", "region")) == [("own", "US"), ("", "US")]


def test_looking_ahead_is_no_click(client: Client, path: str) -> None:
    assert client.head(path, HTTP_USER_AGENT=BROWSER).status_code == 302
    assert client.get(path, HTTP_USER_AGENT=BROWSER, HTTP_SEC_PURPOSE="prefetch").status_code == 302
    assert Click.objects.count() == 0


def test_closed_link_leads_to_the_product_and_earns_nothing(client: Client, path: str, lamp: Product) -> None:
    delist_product(product=lamp, now=timezone.now() - timedelta(minutes=1))
    assert client.get(path, HTTP_USER_AGENT=BROWSER)["Location"] == lamp.get_absolute_url()
    assert Click.objects.count() == 0


def test_unknown_code_is_not_found(client: Client, db: None) -> None:
    assert client.get("/s/nothing/").status_code == 404
    assert client.get("/s/%00/").status_code == 404


def test_only_reading_is_allowed(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
