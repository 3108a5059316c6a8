import io
import json
import re
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from portal.accounts.models import Creator, User
from subscriptions.models import Tier
from subscriptions.share_image import HEIGHT, WIDTH, ShareCard, draw, path_for

pytestmark = pytest.mark.django_db
ADDRESS = reverse("share_image", args=["mika"])


def test_a_page_has_a_picture_to_share(client: Client, gold: Tier) -> None:
    answer = client.get(ADDRESS)
    picture = Image.open(io.BytesIO(answer.content))
    assert (answer["Content-Type"], picture.format, picture.size) == ("image/png", "PNG", (WIDTH, HEIGHT))
    assert answer["Cache-Control"].startswith("public") and len(answer.content) < 60_000


def test_it_is_the_same_for_everybody_and_fetched_once(client: Client, gold: Tier, mika: Creator, sam: User) -> None:
    first = client.get(ADDRESS, headers={"Accept-Language": "es"})
    client.force_login(sam)
    second = client.get(ADDRESS, headers={"Accept-Language": "ar"})
    assert (first["ETag"], first.content) == (second["ETag"], second.content)
    known = client.get(ADDRESS, headers={"If-None-Match": first["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    mika.display_name = "Mika L."
    mika.save()
    assert client.get(ADDRESS)["ETag"] != first["ETag"]


@pytest.mark.parametrize("name", ["Mika", "Łukasz Ő", "نور الحسن", "漢字", "", "x" * 300, "a\u202eb"])
def test_any_name_can_be_drawn(name: str) -> None:
    card = ShareCard(name, "handle", "intro " * 100, "sky", ("Tier $5.00",) * 9, "Glasshouse")
    assert Image.open(io.BytesIO(draw(card))).size == (WIDTH, HEIGHT)


def test_letters_without_a_font_give_way_to_the_handle() -> None:
    assert path_for("Łukasz") and path_for("نور") and path_for("漢字") is None
    card = ShareCard("漢字", "kanji", "", "sky", (), "Glasshouse")
    named = ShareCard("kanji", "kanji", "", "sky", (), "Glasshouse")
    assert draw(card) == draw(named)


def test_the_page_tells_other_sites_what_it_is(client: Client, gold: Tier, mika: Creator, noon: datetime) -> None:
    mika.intro = "</script><script>alert(1)</script>"
    mika.save()
    words = client.get(reverse("creator_page", args=["mika"])).content.decode()
    assert f'property="og:image" content="http://localhost:8000{ADDRESS}"' in words
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', words, re.DOTALL)
    assert found and "alert(1)</script>" not in words
    person = json.loads(found[1])["mainEntity"]
    assert (person["name"], person["description"]) == (mika.display_name, mika.intro)
    assert [(offer["name"], offer["price"], offer["priceCurrency"]) for offer in person["makesOffer"]] == [
        ("Silver", "5.00", "USD"),
        ("Gold", "10.00", "USD"),
    ]


def test_nobody_is_no_picture(client: Client, db: None) -> None:
    assert client.get(reverse("share_image", args=["nobody"])).status_code == 404


def test_other_methods_are_refused(client: Client, gold: Tier) -> None:
    assert client.post(ADDRESS).status_code == 405
