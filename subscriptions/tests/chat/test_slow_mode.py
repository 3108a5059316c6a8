from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.models import Room


def test_the_creator_slows_the_own_room_down(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    for seconds in (30, 30, 0):
        assert client.post("/studio/chat/", {"seconds": seconds})["Location"] == "/@mika/chat/"
        assert Room.objects.get().slow_seconds == seconds


def test_only_creators_and_only_what_is_bearable(client: Client, mika: Creator, sam: User) -> None:
    client.force_login(sam)
    client.post("/studio/chat/", {"seconds": 30})
    assert Room.objects.count() == 0
    client.force_login(mika.user)
    for wrong in (121, -1, "slow"):
        client.post("/studio/chat/", {"seconds": wrong})
    assert Room.objects.get().slow_seconds == 0
    assert client.get("/studio/chat/").status_code == 405
