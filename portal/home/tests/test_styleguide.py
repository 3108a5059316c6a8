from django.test import Client
from django.urls import reverse

from portal.accounts.models import User


def test_every_piece_is_on_it(db: None, client: Client) -> None:
    page = client.get("/styleguide/").content.decode()
    for piece in ("button--primary", "badge--wait", "notice--bad", "error-summary", "chart--waterfall", "table--cards",
                  "steps", "timeline", "key-values", "empty", "sparkline", "ring", "cohorts", "choice-card", "switch", "chip",
                  "money-input", "file-drop", "menu", "drawer", "tooltip", "consequence", "work", "skeleton", "checklist",
                  "person", "empty--filtered", "empty--no_access", "empty--error", "chart--retention", "bulk-bar"):  # fmt: skip
        assert piece in page
    assert 'dir="rtl"' in client.get("/styleguide/?dir=rtl").content.decode()


def test_its_forms_lead_somewhere_and_back(db: None, client: Client) -> None:
    page = client.post(reverse("styleguide_try"), {"chosen": ["1", "2"]}, follow=True).content.decode()
    assert "2 rows were chosen." in page
    page = client.post(reverse("styleguide_try"), {"undo": "1"}, follow=True).content.decode()
    assert 'name="back" value="1"' in page
    assert "The notice is back." in client.post(reverse("styleguide_try"), {"back": "1"}, follow=True).content.decode()
    assert "data-dialog-body" in client.get(reverse("styleguide_consequence")).content.decode()


def test_its_table_is_sorted_filtered_and_empty_by_the_address(db: None, client: Client) -> None:
    page = client.get("/styleguide/", {"sort": "amount"}).content.decode()
    assert 'aria-sort="ascending"' in page
    assert page.index("=2+3") < page.index("$44.20")
    assert "No payout fits" in client.get("/styleguide/", {"word": "nobody"}).content.decode()


def test_long_work_is_asked_for_until_it_has_ended(db: None, client: Client) -> None:
    begun = client.get(reverse("styleguide_work"))
    assert begun.status_code == 302
    running = client.get(begun.headers["Location"], headers={"HX-Request": "true"})
    assert running.status_code == 200
    assert "hx-trigger" in running.content.decode()
    assert "<html" not in running.content.decode()
    ended = client.get(reverse("styleguide_work"), {"since": "1"}, headers={"HX-Request": "true"})
    assert ended.status_code == 286
    assert "hx-trigger" not in ended.content.decode()
    assert client.get(reverse("styleguide_work"), {"since": "1"}).status_code == 200


def test_without_the_demo_it_is_for_staff(client: Client, settings: object, lee: User, staff: User) -> None:
    settings.DEMO = False  # type: ignore[attr-defined]
    assert client.get("/styleguide/").headers["Location"].startswith("/accounts/login/")
    client.force_login(lee)
    assert client.get("/styleguide/").status_code == 403


def test_only_looking(db: None, client: Client) -> None:
    assert client.post("/styleguide/").status_code == 405
