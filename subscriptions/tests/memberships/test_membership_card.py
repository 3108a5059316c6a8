from django.test import Client

from portal.accounts.models import User
from portal.payments.models import Customer
from subscriptions.models import Tier
from subscriptions.tests.conftest import Join


def test_a_press_leads_to_the_providers_page_for_another_card(
    client: Client, sam: User, gold: Tier, join: Join
) -> None:
    join(sam, gold)
    client.force_login(sam)
    response = client.post("/me/memberships/card/")
    assert response.status_code == 302
    assert "/sandbox/portal/" in response["Location"]
    assert Customer.objects.filter(user=sam).count() == 1


def test_only_by_a_press_and_only_signed_in(client: Client, sam: User) -> None:
    assert client.post("/me/memberships/card/")["Location"].startswith("/accounts/login/")
    client.force_login(sam)
    assert client.get("/me/memberships/card/").status_code == 405
