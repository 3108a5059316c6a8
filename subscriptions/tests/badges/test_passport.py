import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from portal.accounts.models import User
from subscriptions.actions.badges import rotate_passport_key, sign_passport, signing_key, withdraw_passport_key
from subscriptions.models import PassportKey, Tier
from subscriptions.passport import NotGenuine, check, drawn, main
from subscriptions.queries.passports import trusted_keys
from subscriptions.tests.conftest import Join


@pytest.fixture
def member(client: Client, sam: User, gold: Tier, join: Join) -> User:
    User.objects.filter(pk=sam.pk).update(name="Sam <b>& Söhne</b>")
    sam.refresh_from_db()
    join(sam, gold)
    client.force_login(sam)
    return sam


@pytest.fixture
def document(member: User, gold: Tier, noon: datetime) -> dict[str, Any]:
    return sign_passport(fan=member, creator=gold.creator, now=noon)


def test_a_member_downloads_it_and_anybody_checks_it_offline(
    client: Client, member: User, tmp_path: Path, noon: datetime
) -> None:
    """By a program of its own, in a process that knows nothing of the portal but its public keys."""
    (tmp_path / "keys.json").write_bytes(client.get("/badges/keys.json").content)
    for kind in ("json", "svg"):
        with time_machine.travel(noon, tick=False):
            response = client.get(f"/me/badges/mika/passport.{kind}")
        assert "attachment" in response["Content-Disposition"]
        (tmp_path / kind).write_bytes(response.content)
        command = [
            sys.executable,
            "-m",
            "subscriptions.passport",
            str(tmp_path / kind),
            "--keys",
            str(tmp_path / "keys.json"),
        ]
        done = subprocess.run(command, cwd=project.BASE_DIR, capture_output=True, text=True, env={}, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Genuine" in done.stdout and "months: 1" in done.stdout and "founder: 1" in done.stdout


@pytest.mark.parametrize(
    ("name", "value"), [("months", 99), ("member", "Lee"), ("founder", 0), ("as_of", "2030-01-01")]
)
def test_a_letter_that_was_changed_is_found(document: dict[str, Any], name: str, value: object) -> None:
    document["passport"][name] = value
    for content in (json.dumps(document), drawn(document)):
        with pytest.raises(NotGenuine, match="something was changed"):
            check(content.encode(), trusted_keys())


def test_a_drawing_that_shows_something_else_is_found(document: dict[str, Any]) -> None:
    drawing = drawn(document)
    assert check(drawing.encode(), trusted_keys()).passport["months"] == 1
    for forged in (
        drawing.replace("1 months in all", "99 months in all"),
        drawing.replace("</svg>", "<text>99</text></svg>"),
    ):
        with pytest.raises(NotGenuine, match="drawing shows something else"):
            check(forged.encode(), trusted_keys())
    assert "<b>" not in drawing, "a name cannot bring marks of its own"


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"<svg></svg>", b'{"passport":{},"key_id":"1","signature":""}', b"[" * 60_000,
     b"x" * 70_000],
)  # fmt: skip
def test_what_is_no_passport_gets_a_sentence(content: bytes) -> None:
    with pytest.raises(NotGenuine):
        check(content, {})


def test_older_keys_are_believed_until_they_are_withdrawn(
    document: dict[str, Any], member: User, gold: Tier, noon: datetime
) -> None:
    old = PassportKey.objects.get()
    rotate_passport_key(now=noon)
    newer = sign_passport(fan=member, creator=gold.creator, now=noon)
    assert newer["key_id"] != document["key_id"]
    assert signing_key(now=noon)[0].key_id == newer["key_id"], "the same key the next time"
    for one in (document, newer):
        assert check(json.dumps(one).encode(), trusted_keys())
    for _twice in range(2):
        withdraw_passport_key(key=old, now=noon)
    with pytest.raises(NotGenuine, match="withdrawn"):
        check(json.dumps(document).encode(), trusted_keys())
    assert check(json.dumps(newer).encode(), trusted_keys())


def test_another_secret_begins_another_key_and_keeps_the_old_ones(
    document: dict[str, Any], member: User, gold: Tier, noon: datetime, settings: Any
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-of-the-portal-0123456789-0123456789"
    assert sign_passport(fan=member, creator=gold.creator, now=noon) == document, "the older secret still signs"
    settings.SECRET_KEY_FALLBACKS = []
    newer = sign_passport(fan=member, creator=gold.creator, now=noon)
    assert newer["key_id"] != document["key_id"]
    assert check(json.dumps(document).encode(), trusted_keys())


def test_who_has_no_badge_has_no_passport(client: Client, lee: User, gold: Tier) -> None:
    assert client.get("/me/badges/mika/passport.svg")["Location"].startswith("/accounts/login/")
    client.force_login(lee)
    assert client.get("/me/badges/mika/passport.svg")["Location"] == "/me/badges/"
    assert client.get("/me/badges/mika/passport.pdf").status_code == 404
    assert client.get("/me/badges/nobody/passport.svg").status_code == 404


def test_the_page_checks_what_is_pasted_or_brought(client: Client, document: dict[str, Any]) -> None:
    client.logout()
    path = "/badges/check/"
    assert client.get(path).status_code == 200
    file = SimpleUploadedFile("badge.svg", drawn(document).encode(), content_type="image/svg+xml")
    for values in ({"text": json.dumps(document)}, {"file": file}):
        assert "It is genuine" in client.post(path, values).content.decode()
    document["passport"]["months"] = 5
    assert "It is not genuine" in client.post(path, {"text": json.dumps(document)}).content.decode()
    assert client.post(path, {}).status_code == 422
    huge = SimpleUploadedFile("badge.json", b"x" * 900_000)
    assert "too large" in client.post(path, {"file": huge}).content.decode()
    assert client.delete(path).status_code == 405
    assert client.post("/badges/keys.json").status_code == 405


def test_the_program_says_no(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "keys").write_text('{"keys": []}')
    (tmp_path / "file").write_text("{}")
    assert main([str(tmp_path / "file"), "--keys", str(tmp_path / "keys")]) == 1
    assert "Not genuine" in capsys.readouterr().out
