from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from subscriptions.actions.emojis import (
    EmojiIsRetired,
    NotWaiting,
    RejectionNeedsReason,
    add_emoji,
    replace_art,
    retire_emoji,
    review_version,
)
from subscriptions.models import EmojiVersion
from subscriptions.queries.emojis import alike, emoji_addresses
from subscriptions.tests.emojis.pictures import drawing

PAGE = "/staff/emojis/"
Bring = Callable[..., EmojiVersion]


@pytest.fixture
def bring(mika: Creator, noon: datetime) -> Bring:
    def add(name: str = "wave", *, creator: Creator = mika, minutes: int = 0, **look: object) -> EmojiVersion:
        when = noon + timedelta(minutes=minutes)
        return add_emoji(creator=creator, name=name, image=drawing(**look), now=when).versions.get()

    return add


@pytest.fixture
def office(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def verdict(office: Client, version: EmojiVersion, what: str, note: str = "") -> int:
    return office.post(PAGE, {"version": version.public_id, "verdict": what, "note": note}).status_code


def test_the_oldest_comes_first_and_then_the_next(office: Client, bring: Bring) -> None:
    second, first = bring("two", minutes=5), bring("one")
    assert office.get(PAGE).context["version"] == first
    assert office.get(f"{PAGE}?skip={first.public_id}").context["version"] == second
    assert office.get(f"{PAGE}?skip={second.public_id}").context["version"] == first, "from the beginning again"
    assert verdict(office, first, "approve") == 302
    assert office.get(PAGE).context["version"] == second
    assert verdict(office, second, "unreadable") == 302
    assert "Nothing waits" in office.get(PAGE).content.decode()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, second.code) == ("approved", "rejected", "unreadable")
    assert second.reason == "It cannot be made out at 28 pixels."


def test_each_button_has_its_key(office: Client, bring: Bring) -> None:
    bring()
    text = office.get(PAGE).content.decode()
    assert 'value="approve" data-key="a"' in text
    for number, code in enumerate(EmojiVersion.Code.values, start=1):
        assert f'value="{code}" data-key="{number}"' in text


def test_the_creator_is_told_why_once(office: Client, staff: User, bring: Bring, noon: datetime) -> None:
    version = bring()
    for _twice in range(2):
        review_version(version=version, approve=False, by=staff, now=noon, code="copied", note="See :pan: of Noor.")
    [notice] = Notice.objects.filter(kind="subscriptions.emoji_reviewed")
    assert "It seems to be somebody else's work. See :pan: of Noor." in notice.body


def test_old_art_stays_live_until_the_new_is_approved(
    office: Client, staff: User, mika: Creator, bring: Bring, noon: datetime
) -> None:
    old = bring()
    review_version(version=old, approve=True, by=staff, now=noon)
    newer = replace_art(emoji=old.emoji, image=drawing("navy"), now=noon)
    live = {"wave": old.address(56)}
    assert emoji_addresses(mika) == live
    page = office.get(PAGE).content.decode()
    assert old.address(112) in page and newer.address(112) in page, "old and new side by side"
    review_version(version=newer, approve=False, by=staff, now=noon, code="offensive")
    assert emoji_addresses(mika) == live
    [notice] = Notice.objects.filter(subject__contains="not approved")
    assert "The picture it had before stays as it is." in notice.body
    third, fourth = (replace_art(emoji=old.emoji, image=drawing(color), now=noon) for color in ("teal", "plum"))
    third.refresh_from_db()
    assert third.state == "withdrawn", "brought again before anybody looked"
    with pytest.raises(NotWaiting):
        review_version(version=third, approve=True, by=staff, now=noon)
    review_version(version=fourth, approve=True, by=staff, now=noon)
    assert emoji_addresses(mika) == {"wave": fourth.address(56)}


def test_what_looks_like_somebody_elses_is_shown_to_both(
    client: Client, staff: User, mika: Creator, noor: Creator, bring: Bring, noon: datetime
) -> None:
    original = bring()
    review_version(version=original, approve=True, by=staff, now=noon)
    copy = bring("mine", creator=noor, side=150, turned=True)
    own = bring("wave2", color="coral")
    found = alike(versions=[copy])[copy.pk]
    assert {one.version for one in found} == {original, own} and all(one.percent >= 89 for one in found)
    assert all(one.version.emoji.creator == noor for one in alike(versions=[own])[own.pk]), "never one's own"
    for person, path in (
        (staff, f"{PAGE}?skip={original.public_id}"),
        (noor.user, f"/studio/emojis/{copy.emoji.public_id}/"),
    ):
        client.force_login(person)
        if person == staff:
            verdict(client, own, "approve")
        assert "It looks like emojis of others" in client.get(path).content.decode()


def test_a_rejection_needs_its_code(office: Client, staff: User, bring: Bring, noon: datetime) -> None:
    version = bring()
    for code, note in (("", ""), ("ugly", ""), ("other", " ")):
        with pytest.raises(RejectionNeedsReason):
            review_version(version=version, approve=False, by=staff, now=noon, code=code, note=note)
    assert verdict(office, version, "ugly") == 422
    assert verdict(office, version, "other") == 422
    assert verdict(office, version, "other", "Too much like a traffic sign.") == 302
    version.refresh_from_db()
    assert version.reason == "Too much like a traffic sign."
    retire_emoji(emoji=version.emoji, now=noon)
    with pytest.raises(EmojiIsRetired):
        replace_art(emoji=version.emoji, image=drawing(), now=noon)


def test_only_staff(client: Client, mika: Creator, bring: Bring) -> None:
    version = bring()
    assert client.get(PAGE)["Location"].startswith("/accounts/login/")
    client.force_login(mika.user)
    assert client.get(PAGE).status_code == 403
    assert verdict(client, version, "approve") == 403
    assert client.delete(PAGE).status_code == 403
