import pytest
from django.test import Client

PATHS = ["/s/%00/", "/@mi%00ka/", "/feedback/%00/", "/academy/x/y%00/z/", "/books/entries/a%00/", "/invitations/%00/"]


@pytest.mark.parametrize("path", PATHS)
def test_an_address_with_a_nul_names_nothing(db: None, client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/feedback/?outcome=%00", "/?from=a%00b", "/shop/?q=%00"])
def test_a_question_with_a_nul_is_not_understood(db: None, client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert "could not be understood" in answer.content.decode()


def test_every_answer_says_what_pages_may_use(db: None, client: Client) -> None:
    assert "camera=()" in client.get("/").headers["Permissions-Policy"]
