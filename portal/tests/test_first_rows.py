"""Rules that migrations lay down are there in every test, whatever ran before."""

import pytest

from portal.testing.first_rows import INSTALL


@pytest.mark.parametrize("round_", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_rules_are_back_after_a_test_that_emptied_all_tables(round_: int) -> None:
    for model, _ in INSTALL.values():
        assert model.objects.exists(), f"{model._meta.label} in round {round_}"
