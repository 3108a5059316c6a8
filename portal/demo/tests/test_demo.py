from django.test import Client

from portal.demo.chapters.cast import sign_up
from portal.demo.people import BY_SLUG


def test_one_click_signs_in(db: None, client: Client) -> None:
    robin = sign_up(BY_SLUG["staff"].email, "Robin", is_staff=True)
    assert "Robin" in client.get("/demo/").content.decode()
    assert client.get("/demo/sign-in/staff/").headers["Location"] == "/"
    assert client.session["_auth_user_id"] == str(robin.pk)
    assert client.session["role"] == "staff"


def test_nobody_signs_in_as_somebody_outside_the_demo(db: None, client: Client, settings: object) -> None:
    settings.DEMO = False  # type: ignore[attr-defined]
    assert client.get("/demo/").status_code == 404
    assert client.get("/demo/sign-in/staff/").status_code == 404


def test_an_unknown_role_is_no_page(db: None, client: Client) -> None:
    assert client.get("/demo/sign-in/emperor/").status_code == 404
    assert client.get("/demo/sign-in/staff/").status_code == 404
    assert b"not been told yet" in client.get("/demo/").content
