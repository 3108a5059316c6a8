from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from academy.actions import complete_lesson
from academy.models import Course, Lesson
from portal.accounts.models import User

LESSON = "/academy/creative-commons/copyright/basics/"


@pytest.mark.parametrize("n", [1, 3])
def test_course_list_asks_once_however_many(
    n: int, db: None, noon: datetime, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for i in range(n):
        Course.objects.create(slug=f"c{i}", title=f"Course {i}", license="CC BY 4.0", published_at=noon)
    with django_assert_num_queries(1):
        answer = client.get("/academy/")
    assert answer.content.count(b'class="card card--link"') == n


def test_course_list_without_a_course_says_so(db: None, client: Client) -> None:
    assert b"No course yet" in client.get("/academy/").content


def test_course_detail_shows_what_is_written_and_what_is_not(course: Course, client: Client) -> None:
    page = client.get("/academy/creative-commons/").content.decode()
    assert page.count("Not yet written") == 11


def test_a_course_that_is_not_published_is_no_page(course: Course, client: Client) -> None:
    Course.objects.update(published_at=None)
    assert client.get("/academy/creative-commons/").status_code == 404
    assert client.get(LESSON).status_code == 404


def test_course_detail_goes_on_where_one_stopped(course: Course, sam: User, noon: datetime, client: Client) -> None:
    client.force_login(sam)
    assert "Begin with" in client.get("/academy/creative-commons/").content.decode()
    first = Lesson.objects.live().in_order()[0]
    complete_lesson(user=sam, lesson=first, now=noon)
    page = client.get("/academy/creative-commons/").content.decode()
    assert "Go on with" in page
    assert "1 of 26 lessons" in page


def test_only_looking(course: Course, client: Client) -> None:
    assert client.post("/academy/").status_code == 405
    assert client.post("/academy/creative-commons/").status_code == 405
    assert client.get("/academy/nope/").status_code == 404
