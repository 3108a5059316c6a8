"""Fixtures of the books: a test database may be emptied between tests, and money tests end with a proof."""

from collections.abc import Iterator

import pytest
from django.test import TransactionTestCase

from portal.ledger import guards


@pytest.fixture(scope="session", autouse=True)
def emptied_books() -> Iterator[None]:
    """Tests with real transactions empty all tables at their end, which the guards of the books would refuse.

    So the runner, and nobody else, lifts the guards for that moment and installs them again. The triggers themselves
    know no exception: there is no setting with which a running portal could do the same.
    """
    empty = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def lift_and_empty(case: TransactionTestCase) -> None:
        aliases = [alias for alias in case._databases_names(include_mirrors=False) if guards.tables_exist(alias)]  # type: ignore[attr-defined]
        for alias in aliases:
            guards.lift(alias)
        try:
            empty(case)
        finally:
            for alias in aliases:
                guards.install(alias)

    TransactionTestCase._fixture_teardown = lift_and_empty  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = empty  # type: ignore[attr-defined]


@pytest.fixture
def books_proved(db: None) -> Iterator[None]:
    """The test ends with a proof of the whole books: `pytestmark = pytest.mark.usefixtures("books_proved")`."""
    yield
    from portal.ledger.invariants import offenders

    assert offenders() == {}
