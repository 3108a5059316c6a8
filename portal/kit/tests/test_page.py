from django.http import HttpResponse
from django.test import Client

from portal.kit.access import declare, machine, public, signed_in, staff_only


def test_htmx_gets_the_part_and_everybody_else_the_page(client: Client, db: None) -> None:
    assert "HX-Request" in client.get("/feedback/").headers["Vary"]


def test_declarations_stay_readable() -> None:
    def view(request: object) -> HttpResponse:
        return HttpResponse()

    named = {public: "public", machine: "machine", signed_in: "signed in", staff_only: "staff"}
    assert {decorate(view).access for decorate in named} <= set(named.values())  # type: ignore[attr-defined]
    assert declare(view, "brand").access == "brand"  # type: ignore[attr-defined]
