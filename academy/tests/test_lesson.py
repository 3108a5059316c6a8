from datetime import datetime

import pytest
from django.test import Client

from academy.actions import LessonNotOpen, complete_lesson
from academy.models import Completion, Course, Lesson
from academy.queries import progress
from portal.accounts.models import User

LESSON = "/academy/creative-commons/copyright/basics/"


def test_a_lesson_is_read_and_completed(course: Course, sam: User, client: Client) -> None:
    client.force_login(sam)
    assert b"The Big Question" in client.get(LESSON).content
    answer = client.post(f"{LESSON}completion/")
    assert answer.headers["Location"] == "/academy/creative-commons/copyright/other-ip/"
    assert progress(sam, course).done == 1


def test_completing_twice_keeps_the_first_time(course: Course, sam: User, noon: datetime) -> None:
    lesson = Lesson.objects.get(slug="basics")
    first = complete_lesson(user=sam, lesson=lesson, now=noon)
    assert complete_lesson(user=sam, lesson=lesson, now=noon.replace(hour=18)) == first
    assert Completion.objects.get().completed_at == noon


def test_completion_can_be_taken_back(course: Course, sam: User, client: Client) -> None:
    client.force_login(sam)
    client.post(f"{LESSON}completion/")
    client.post(f"{LESSON}completion/", {"undo": "1"})
    assert not Completion.objects.exists()


def test_the_whole_course_is_completed_by_its_written_lessons(course: Course, sam: User, noon: datetime) -> None:
    for lesson in Lesson.objects.live():
        complete_lesson(user=sam, lesson=lesson, now=noon)
    now_at = progress(sam, course)
    assert (now_at.total, now_at.done, now_at.is_complete, now_at.next) == (26, 26, True, None)


def test_strangers_read_and_are_asked_to_sign_in(course: Course, client: Client) -> None:
    assert client.get(LESSON).status_code == 200
    answer = client.post(f"{LESSON}completion/")
    assert answer.headers["Location"].startswith("/accounts/login/?next=")
    assert not Completion.objects.exists()


def test_a_lesson_that_is_not_written_is_no_page_and_not_completed(
    course: Course, sam: User, noon: datetime, client: Client
) -> None:
    lesson = Lesson.objects.get(slug="attribution")
    client.force_login(sam)
    assert client.get("/academy/creative-commons/using/attribution/").status_code == 404
    with pytest.raises(LessonNotOpen):
        complete_lesson(user=sam, lesson=lesson, now=noon)


def test_completion_is_not_fetched(course: Course, sam: User, client: Client) -> None:
    client.force_login(sam)
    assert client.get(f"{LESSON}completion/").status_code == 405
