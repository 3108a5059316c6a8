from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.models import MembershipTerms


def test_the_creator_chooses_how_patient_to_be(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    for days in (14, 14, 0):
        assert client.post("/studio/grace/", {"grace_days": days}).status_code == 302
        assert MembershipTerms.objects.get().grace_days == days


def test_only_the_offered_spans_by_creators(client: Client, mika: Creator, sam: User) -> None:
    client.force_login(sam)
    client.post("/studio/grace/", {"grace_days": 14})
    client.force_login(mika.user)
    client.post("/studio/grace/", {"grace_days": 365})
    client.post("/studio/grace/", {"grace_days": "soon"})
    assert client.get("/studio/grace/").status_code == 405
    assert MembershipTerms.objects.count() == 0
