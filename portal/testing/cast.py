"""The cast: people with fixed roles, so that a test says who does what, and a reader knows at once who may."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from portal.accounts.models import AudienceCount, Creator, User
from portal.programs import defaults
from portal.programs.actions import enroll
from portal.programs.models import Program
from shop.actions.catalog import list_product, open_brand
from shop.defaults import install as shop_terms
from shop.models import Brand, ShopTerms

NOON = datetime(2026, 5, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def noon() -> datetime:
    """The time in every test that needs one: 15 May 2026, 12:00 UTC."""
    return NOON


def person(name: str, **fields: Any) -> User:
    """A signed-up adult with a verified email."""
    values: dict[str, Any] = {"country": "US", "birth_date": date(1994, 3, 2), "public_id": name.lower()} | fields
    user = User.objects.create_user(f"{name.lower()}@example.com", name=name, **values)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def creator(user: User, *, followers: int, views_30d: int, measured_at: datetime, **fields: object) -> Creator:
    values: dict[str, object] = {
        "handle": user.name.lower(),
        "display_name": user.name,
        "public_id": user.name.lower(),
        "region": user.country,
    } | fields
    made = Creator.objects.create(user=user, **values)
    AudienceCount.objects.create(
        creator=made,
        followers=followers,
        views_30d=views_30d,
        measured_at=measured_at,
        origin=AudienceCount.Origin.DEMO,
    )
    return made


@pytest.fixture
def rules(db: None, noon: datetime) -> None:
    """The rules of a fresh portal; a test that empties the tables needs them again."""
    defaults.install(noon)


@pytest.fixture
def mika(db: None, rules: None, noon: datetime) -> Creator:
    """A large creator who is part of every program."""
    made = creator(person("Mika"), followers=182_000, views_30d=2_400_000, measured_at=noon - timedelta(days=91))
    for program in Program:
        enroll(creator=made, program=program, now=noon - timedelta(days=90))
    AudienceCount.objects.filter(creator=made).update(measured_at=noon - timedelta(days=1))
    return made


@pytest.fixture
def noor(db: None, rules: None, noon: datetime) -> Creator:
    """A small creator: 1,200 followers. Eligible for the shop since its rule fell to 1,000, part of nothing."""
    return creator(person("Noor"), followers=1_200, views_30d=9_000, measured_at=noon - timedelta(days=1))


@pytest.fixture
def sam(db: None) -> User:
    """A fan who subscribes."""
    return person("Sam")


@pytest.fixture
def lee(db: None) -> User:
    """A stranger to every creator: signed in, part of nothing."""
    return person("Lee")


@pytest.fixture
def juniper(db: None, noon: datetime) -> Brand:
    """A brand; June works for it. Sells a lamp (10 %) and a vase (15 %) in the United States and Great Britain."""
    shop_terms(ShopTerms)
    opened = noon - timedelta(days=60)
    brand = open_brand(name="Juniper", slug="juniper", currency="usd", members=[person("June")], now=opened)
    Brand.objects.filter(pk=brand.pk).update(public_id="juniper")
    brand.refresh_from_db()
    for sku, price_minor, rate_bp in (("lamp", 4_000, 1_000), ("vase", 2_500, 1_500)):
        list_product(
            brand=brand,
            sku=sku,
            title=sku.title(),
            price_minor=price_minor,
            rate_bp=rate_bp,
            regions=["US", "GB"],
            now=opened,
        )
    return brand


@pytest.fixture
def staff(db: None) -> User:
    return person("Robin", is_staff=True, is_superuser=True)
