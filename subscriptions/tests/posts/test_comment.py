"""Comments and reactions: who may, how often, how long, and what staff do."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from portal.testing.cast import person
from subscriptions.actions import comments as deeds
from subscriptions.actions.chat import mute_member, open_room
from subscriptions.actions.posts import write_post
from subscriptions.models import Comment, CommentReport, Post, Reaction, Tier
from subscriptions.tests.posts.conftest import LetIn
from subscriptions.tests.posts.things import post_of

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def at_noon(noon: datetime) -> object:
    with time_machine.travel(noon, tick=False):
        yield


@pytest.fixture
def post(gold: Tier, noon: datetime) -> Post:
    return post_of(gold.creator, noon)


def say(post: Post, author: User, now: datetime, text: str = "Good", nonce: str = "1", **values: object) -> Comment:
    return deeds.write_comment(post=post, author=author, text=text, nonce=nonce, now=now, **values)  # type: ignore[arg-type]


def test_a_member_comments_and_all_readers_see_it(
    client: Client, sam: User, gold: Tier, post: Post, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, gold)
    client.force_login(sam)
    address = f"/@mika/posts/{post.public_id}/"
    for _twice in range(2):
        answer = client.post(f"{address}comments/", {"text": "So <b>good</b>", "nonce": "a"})
        assert answer["Location"] == f"{address}#comments"
    assert Comment.objects.count() == 1
    page = client.get(address).content.decode()
    assert "So &lt;b&gt;good&lt;/b&gt;" in page
    assert "1 comment" in page
    # A month of membership is a badge beside the name.
    assert "GOLD" in page


def test_htmx_gets_the_comments_alone(
    client: Client, sam: User, gold: Tier, post: Post, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, gold)
    client.force_login(sam)
    address = f"/@mika/posts/{post.public_id}/comments/"
    for values, status in (({"text": "Live", "nonce": "a"}, 200), ({"text": " ", "nonce": "b"}, 422)):
        answer = client.post(address, values, headers=HTMX)
        text = answer.content.decode()
        assert (answer.status_code, "<html" in text, 'id="comments"' in text) == (status, False, True)
    assert "Live" in client.get(address, headers=HTMX).content.decode()
    assert "<html" in client.get(address).content.decode()


def test_answers_are_one_level_deep_and_told(
    sam: User, mika: Creator, gold: Tier, post: Post, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, gold)
    first = say(post, sam, noon)
    answer = say(post, mika.user, noon, "Thanks", "m1", answers=first)
    again = say(post, sam, noon, "Welcome", "2", answers=answer)
    assert (answer.answers, again.answers) == (first, first)
    assert {str(row.user) for row in Notice.objects.filter(kind="subscriptions.comment_answered")} == {"Sam", "Mika"}


@pytest.mark.parametrize("who", ["stranger", "fan without grant", "muted", "member", "owner", "staff"])
def test_who_may_comment_on_a_post_for_members(
    client: Client,
    sam: User,
    lee: User,
    mika: Creator,
    staff: User,
    gold: Tier,
    post: Post,
    let_in: LetIn,
    noon: datetime,
    who: str,
) -> None:
    let_in(sam, gold)
    if who == "muted":
        mute_member(room=open_room(creator=mika), fan=sam, by=mika.user, reason="Rude", now=noon)
    people = {"fan without grant": lee, "owner": mika.user, "staff": staff, "member": sam, "muted": sam}
    if who in people:
        client.force_login(people[who])
    client.post(f"/@mika/posts/{post.public_id}/comments/", {"text": "Hello", "nonce": "1"})
    client.post(f"/@mika/posts/{post.public_id}/reaction/", {"sign": "heart"})
    assert Comment.objects.count() == (who in ("member", "owner"))
    assert Reaction.objects.count() == (who in ("member", "owner", "muted"))


def test_everybody_who_is_signed_in_comments_on_public_posts(lee: User, mika: Creator, noon: datetime) -> None:
    public = post_of(mika, noon, audience="public")
    assert say(public, lee, noon).text == "Good"
    closed = post_of(mika, noon, audience="public", takes_comments=False)
    with pytest.raises(deeds.CommentsAreClosed):
        say(closed, lee, noon)
    draft = write_post(creator=mika, title="T", body="B", audience="public", now=noon)
    with pytest.raises(deeds.CommentsAreForReaders):
        say(draft, lee, noon)


def test_nobody_floods(lee: User, mika: Creator, noon: datetime) -> None:
    public = post_of(mika, noon, audience="public")
    for n in range(5):
        say(public, lee, noon, nonce=str(n))
    with pytest.raises(deeds.TooManyComments):
        say(public, lee, noon, nonce="6")
    assert say(public, lee, noon + timedelta(seconds=61), nonce="7")


@pytest.mark.parametrize(
    ("text", "refusal"),
    [("", deeds.CommentIsEmpty), (" \n", deeds.CommentIsEmpty), ("x" * 2001, deeds.CommentIsTooLong)],
)
def test_bad_input(lee: User, mika: Creator, noon: datetime, text: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        say(post_of(mika, noon, audience="public"), lee, noon, text)


def test_its_author_changes_and_removes_it_for_fifteen_minutes(
    client: Client, lee: User, sam: User, mika: Creator, noon: datetime
) -> None:
    comment = say(post_of(mika, noon, audience="public"), lee, noon)
    client.force_login(lee)
    assert client.post(f"/comments/{comment.public_id}/", {"text": "Better"}).status_code == 302
    comment.refresh_from_db()
    assert (comment.text, comment.parts, comment.edited_at) == ("Better", [{"text": "Better"}], noon)
    late = noon + timedelta(minutes=15)
    with pytest.raises(deeds.TooLateToEdit):
        deeds.edit_comment(comment=comment, by=lee, text="Late", now=late)
    with pytest.raises(deeds.TooLateToEdit):
        deeds.remove_comment(comment=comment, by=lee, now=late)
    for deed in (deeds.edit_comment, deeds.remove_comment):
        with pytest.raises(deeds.NotYourComment):
            deed(comment=comment, by=sam, now=noon, **({"text": "Mine"} if deed is deeds.edit_comment else {}))
    client.force_login(sam)
    assert client.post(f"/comments/{comment.public_id}/", {"text": "Mine"}).status_code == 302
    comment.refresh_from_db()
    assert comment.text == "Better"


def test_the_creator_and_staff_remove_with_a_reason_that_the_author_is_told(
    client: Client, lee: User, staff: User, mika: Creator, noon: datetime
) -> None:
    post = post_of(mika, noon, audience="public")
    for n, person_ in enumerate((mika.user, staff)):
        comment = say(post, lee, noon, f"Bad {n}", str(n))
        client.force_login(person_)
        page = f"/comments/{comment.public_id}/removal/"
        assert client.post(page, {"reason": ""}).status_code == 422
        assert client.post(page, {"reason": "Off topic"}).status_code == 302
        comment.refresh_from_db()
        assert (comment.removed_by, comment.removed_reason) == (person_, "Off topic")
        assert client.post(page, {"reason": "Again"}).status_code == 404
    assert Notice.objects.filter(user=lee, kind="subscriptions.comment_removed").count() == 2
    assert "Bad" not in client.get(f"/@mika/posts/{post.public_id}/").content.decode()


def test_a_removed_comment_keeps_its_place_while_somebody_answered(
    client: Client, lee: User, mika: Creator, noon: datetime
) -> None:
    post = post_of(mika, noon, audience="public")
    first = say(post, lee, noon, "First")
    reply = say(post, mika.user, noon, "Reply", "m", answers=first)
    deeds.remove_comment(comment=first, by=lee, now=noon)
    page = client.get(f"/@mika/posts/{post.public_id}/").content.decode()
    assert ("This comment was removed." in page, "First" in page, "Reply" in page) == (True, False, True)
    deeds.remove_comment(comment=reply, by=mika.user, now=noon)
    assert "This comment was removed." not in client.get(f"/@mika/posts/{post.public_id}/").content.decode()


def test_readers_report_and_staff_decide_once(
    client: Client, lee: User, sam: User, staff: User, mika: Creator, noon: datetime
) -> None:
    comment = say(post_of(mika, noon, audience="public"), lee, noon)
    for reader in (sam, mika.user):
        client.force_login(reader)
        for _twice in range(2):
            client.post(f"/comments/{comment.public_id}/report/", {"reason": "spam", "note": "Buy now"})
    assert CommentReport.objects.filter(state="open").count() == 2
    client.force_login(sam)
    assert client.post(f"/comments/{comment.public_id}/report/", {"reason": "dull"}).status_code == 422
    client.force_login(staff)
    queue = "/admin/subscriptions/commentreport/"
    assert b"Buy now" in client.get(queue).content
    chosen = {"action": "remove_comments", "_selected_action": [CommentReport.objects.first().pk]}
    for _twice in range(2):
        assert client.post(queue, chosen).status_code == 302
    comment.refresh_from_db()
    assert (comment.removed_by, comment.removed_reason) == (staff, "Advertising or spam")
    assert CommentReport.objects.filter(state="removed", decided_by=staff).count() == 2
    assert Notice.objects.filter(user=lee, kind="subscriptions.comment_removed").count() == 1


def test_staff_can_keep_what_was_reported(lee: User, sam: User, staff: User, mika: Creator, noon: datetime) -> None:
    comment = say(post_of(mika, noon, audience="public"), lee, noon)
    deeds.report_comment(comment=comment, by=sam, reason="other", now=noon)
    assert [deeds.decide_reports(comment=comment, by=staff, remove=False, now=noon) for _twice in range(2)] == [1, 0]
    comment.refresh_from_db()
    assert comment.removed_at is None


def test_what_is_not_open_is_not_reported_or_shown(
    client: Client, sam: User, lee: User, gold: Tier, post: Post, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, gold)
    comment = say(post, sam, noon, "Among members")
    client.force_login(lee)
    for page in ("", "removal/", "report/"):
        answer = client.get(f"/comments/{comment.public_id}/{page}", follow=True)
        assert "Among members" not in answer.content.decode()
    client.post(f"/comments/{comment.public_id}/report/", {"reason": "spam"})
    assert CommentReport.objects.count() == 0
    assert client.get(f"/@mika/posts/{post.public_id}/comments/").status_code == 302


def test_one_nod_a_person(client: Client, lee: User, mika: Creator, noon: datetime) -> None:
    post = post_of(mika, noon, audience="public")
    client.force_login(lee)
    address = reverse("reaction", args=["mika", post.public_id])
    for sign, left in (("heart", "heart"), ("fire", "fire"), ("fire", None), ("heart", "heart")):
        assert client.post(address, {"sign": sign}).status_code == 302
        assert Reaction.objects.values_list("sign", flat=True).first() == left
    row = client.post(address, {"sign": "fire"}, headers=HTMX).content.decode()
    assert ('aria-pressed="true"' in row, "<html" in row) == (True, False)
    for bad in ("poop", "", ":wave:", "::"):
        client.post(address, {"sign": bad})
        assert client.post(address, {"sign": bad}, headers=HTMX).status_code == 422
    assert list(Reaction.objects.values_list("sign", flat=True)) == ["fire"]
    assert client.get(address).status_code == 405


def test_the_page_of_a_post_costs_the_same_with_200_comments(
    client: Client, sam: User, gold: Tier, post: Post, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, gold)
    authors = [person(f"Fan{n}") for n in range(3)]
    client.force_login(sam)
    address, needed = f"/@mika/posts/{post.public_id}/", []
    for count in (3, 200):
        have = post.comments.count()
        Comment.objects.bulk_create(
            Comment(
                post=post,
                author=authors[n % 3],
                text=f"Comment {n}",
                parts=[{"text": f"Comment {n}"}],
                nonce=str(n),
                sent_at=noon,
            )
            for n in range(have, count)
        )
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            page = client.get(address).content.decode()
        assert page.count('class="comment"') == min(count, 50)
        needed.append(len(asked))
    assert needed[0] == needed[1] <= 30
    last = client.get(f"{address}comments/?page=4").content.decode()
    assert ("Comment 0<" in last, "Comment 199<" in last) == (True, False)
