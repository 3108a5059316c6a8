from datetime import datetime, timedelta

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from portal.accounts.models import User
from shop.actions.catalog import make_signing_key
from shop.models import Brand, SigningKey
from shop.signing import NotSigned, SignatureTooOld, SignatureWrong, secret_of, sign, verify

BODY = b'{"events": []}'


def test_secret_is_shown_once_and_never_stored(june: Client, juniper: Brand) -> None:
    answer = june.post(reverse("brand_signing_key"))
    key = SigningKey.objects.get()
    assert secret_of(key) in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert secret_of(key) not in june.get(reverse("brand_signing_key")).content.decode()
    assert all(secret_of(key) not in str(value) for value in vars(key).values())


def test_old_key_works_a_day_more(juniper: Brand, noon: datetime) -> None:
    old, old_secret = make_signing_key(brand=juniper, by=None, now=noon - timedelta(days=9))
    new, new_secret = make_signing_key(brand=juniper, by=None, now=noon)
    later = noon + timedelta(hours=23)
    assert verify(BODY, sign(BODY, key_id=old.key_id, secret=old_secret, at=later), now=later) == old
    assert verify(BODY, sign(BODY, key_id=new.key_id, secret=new_secret, at=later), now=later) == new
    too_late = noon + timedelta(hours=25)
    with pytest.raises(SignatureWrong):
        verify(BODY, sign(BODY, key_id=old.key_id, secret=old_secret, at=too_late), now=too_late)


@pytest.mark.parametrize(
    ("header", "refusal"),
    [
        ("", NotSigned),
        ("nonsense", NotSigned),
        ("key=,t=,v1=", NotSigned),
        ("key=KEY,t=soon,v1=00", SignatureTooOld),
        ("key=KEY,t=99999999999999999999,v1=00", SignatureTooOld),
        ("key=KEY,t=NOW,v1=00", SignatureWrong),
        ("key=KEY,t=NOW,v1=ü", SignatureWrong),
        ("key=other,t=NOW,v1=00", SignatureWrong),
    ],
)
def test_other_signatures_are_refused(juniper: Brand, noon: datetime, header: str, refusal: type[Exception]) -> None:
    key, _secret = make_signing_key(brand=juniper, by=None, now=noon)
    header = header.replace("KEY", key.key_id).replace("NOW", str(int(noon.timestamp())))
    with pytest.raises(refusal):
        verify(BODY, header, now=noon)


def test_changed_body_and_old_signature_are_refused(juniper: Brand, noon: datetime) -> None:
    key, secret = make_signing_key(brand=juniper, by=None, now=noon)
    header = sign(BODY, key_id=key.key_id, secret=secret, at=noon)
    with pytest.raises(SignatureWrong):
        verify(BODY + b" ", header, now=noon)
    with pytest.raises(SignatureTooOld):
        verify(BODY, header, now=noon + timedelta(minutes=6))


def test_key_outlives_a_change_of_the_portals_secret(juniper: Brand, noon: datetime) -> None:
    key, secret = make_signing_key(brand=juniper, by=None, now=noon)
    header = sign(BODY, key_id=key.key_id, secret=secret, at=noon)
    with override_settings(SECRET_KEY="new" * 20, SECRET_KEY_FALLBACKS=[]), pytest.raises(SignatureWrong):
        verify(BODY, header, now=noon)
    from django.conf import settings

    with override_settings(SECRET_KEY="new" * 20, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert verify(BODY, header, now=noon) == key


def test_brands_only(client: Client, sam: User, juniper: Brand) -> None:
    client.force_login(sam)
    assert client.post(reverse("brand_signing_key")).status_code == 403
    assert SigningKey.objects.count() == 0


def test_wrong_method(june: Client) -> None:
    assert june.delete(reverse("brand_signing_key")).status_code == 405
