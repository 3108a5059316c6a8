import gzip

import brotli  # type: ignore[import-untyped]
from django.test import Client

from portal.home.styles import FIRST, FOLDER, stylesheet


def address() -> str:
    return f"/css/portal.{stylesheet().digest}.css"


def test_one_sheet_holds_every_file_in_the_order_of_the_layers(client: Client) -> None:
    answer = client.get(address())
    text = answer.content.decode()
    assert text.startswith((FOLDER / FIRST[0]).read_text())
    assert all(path.read_text() in text for path in FOLDER.glob("*.css"))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_browsers_get_it_as_small_as_they_can_read(client: Client) -> None:
    plain = client.get(address()).content
    squeezed = client.get(address(), headers={"Accept-Encoding": "gzip, br"})
    assert squeezed.headers["Content-Encoding"] == "br"
    assert brotli.decompress(squeezed.content) == plain
    assert gzip.decompress(client.get(address(), headers={"Accept-Encoding": "gzip"}).content) == plain
    assert len(squeezed.content) < 20_000


def test_an_old_address_still_answers_but_is_not_kept(client: Client) -> None:
    answer = client.get("/css/portal.000000000000.css")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


def test_only_looking(client: Client) -> None:
    assert client.post(address()).status_code == 405
