from django.test import Client

from portal.accounts.models import User


def test_every_piece_is_on_it(db: None, client: Client) -> None:
    page = client.get("/styleguide/").content.decode()
    for piece in ("button--primary", "badge--wait", "notice--bad", "error-summary", "chart--waterfall", "table--cards",
                  "steps", "timeline", "key-values", "empty", "sparkline", "ring", "cohorts"):  # fmt: skip
        assert piece in page
    assert 'dir="rtl"' in client.get("/styleguide/?dir=rtl").content.decode()


def test_without_the_demo_it_is_for_staff(client: Client, settings: object, lee: User, staff: User) -> None:
    settings.DEMO = False  # type: ignore[attr-defined]
    assert client.get("/styleguide/").headers["Location"].startswith("/accounts/login/")
    client.force_login(lee)
    assert client.get("/styleguide/").status_code == 403


def test_only_looking(db: None, client: Client) -> None:
    assert client.post("/styleguide/").status_code == 405
