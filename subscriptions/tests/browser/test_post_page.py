"""A post in a real browser: its film plays from the middle, its captions show, its page changes without being loaded."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from portal.accounts.models import Creator, User
from portal.demo.film import film
from portal.programs.actions import enroll
from portal.programs.defaults import install
from portal.programs.models import Program
from portal.testing.cast import creator, person
from subscriptions.actions.grants import give_grant
from subscriptions.actions.media import add_captions, add_media
from subscriptions.actions.polls import ask_poll
from subscriptions.actions.posts import write_post
from subscriptions.actions.tiers import ensure_benefit
from subscriptions.models import Benefit, Grant, Post
from subscriptions.tests.browser.test_subscribe import sign_in
from subscriptions.tests.posts.things import CAPTIONS, upload

PLAY = """async () => {
  const film = document.querySelector("video");
  film.muted = true;
  await film.play();
  film.pause();
  const moved = new Promise((done) => film.addEventListener("seeked", done, { once: true }));
  film.currentTime = 1.5;
  await moved;
  film.textTracks[0].mode = "showing";
  const cues = () => film.textTracks[0].cues?.length;
  for (let n = 0; n < 50 && !cues(); n += 1) await new Promise((done) => setTimeout(done, 50));
  return [film.videoWidth, film.duration, film.error, Math.round(film.currentTime * 10), cues()];
}"""


@pytest.fixture
def post(asgi_server: str, db: None, tmp_path: Path, settings: object) -> Post:
    """A film with captions and a poll, for members."""
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    now = datetime.now(UTC) - timedelta(hours=1)
    install(now)
    mika = creator(person("Mika"), followers=182_000, views_30d=2_400_000, measured_at=now)
    enroll(creator=mika, program=Program.SUBSCRIPTIONS, now=now)
    written = write_post(creator=mika, title="Film", body="Look", audience="members", publish=True, now=now)
    pictures = [Image.new("RGB", (320, 180), (20 * n, 90, 60)) for n in range(10)]
    media = add_media(post=written, file=upload(film(pictures, per_second=5), "film.webm"), now=now)
    add_captions(media=media, language="en", label="English", file=upload(CAPTIONS, "en.vtt"), now=now)
    ask_poll(post=written, question="Again?", options=["Yes", "No"], now=now)
    return written


def member_of(mika: Creator) -> User:
    fan = person("Sam")
    content = ensure_benefit(creator=mika, kind=Benefit.Kind.CONTENT, title="Posts")
    now = datetime.now(UTC) - timedelta(minutes=5)
    give_grant(fan=fan, kind=Grant.Kind.STAFF, by=mika.user, reason="Test", now=now, benefit=content)
    return fan


def test_a_member_watches_votes_nods_and_comments(asgi_server: str, page: Page, post: Post) -> None:
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status) if "key=" in answer.url else None)
    sign_in(page, asgi_server, member_of(post.creator))
    address = f"{asgi_server}/@mika/posts/{post.public_id}/"
    page.goto(address)
    assert page.evaluate(PLAY) == [320, 2, None, 15, 2]
    assert set(statuses) == {206}
    before: Callable[[], bool] = lambda: page.evaluate("window.stayed === true")
    page.evaluate("window.stayed = true")
    page.get_by_role("button", name="Yes").click()
    expect(page.locator("#poll")).to_contain_text("your vote")
    page.locator('button[value="fire"]').click()
    expect(page.locator('button[value="fire"]')).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Your comment").fill("Well done <b>")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment__text")).to_have_text("Well done <b>")
    assert before(), "the page was loaded again"
    assert wrong == []


def test_the_preview_follows_the_typing(asgi_server: str, page: Page, post: Post) -> None:
    sign_in(page, asgi_server, post.creator.user)
    page.goto(f"{asgi_server}/studio/posts/new/")
    page.get_by_label("Text").fill("Some **bold** words")
    expect(page.locator("#preview strong")).to_have_text("bold")
    expect(page.locator(".editor__tiers")).to_be_hidden()
    page.get_by_label("Members of chosen tiers only").check()
    expect(page.locator(".editor__tiers")).to_be_visible()
