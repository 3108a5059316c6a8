"""Every text is in the catalogs, every text is translated, and no translation breaks what it stands in.

After a change of texts: `make translations`, then docs/translating.md.
"""

import pytest

from portal.kit.languages import catalogs, sources
from portal.kit.languages.faults import faults
from portal.kit.languages.same import SAME

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def texts() -> list[sources.Text]:
    return sources.texts()


def test_no_text_is_put_together_on_the_spot() -> None:
    assert sources.unreadable_calls() == []


@pytest.mark.parametrize("language", catalogs.languages())
def test_the_catalog_holds_the_texts_of_the_sources_and_no_others(language: str, texts: list[sources.Text]) -> None:
    have = {catalogs.key(message) for message in catalogs.messages(catalogs.read(language))}
    want = {text.key for text in texts}
    assert {"new": sorted(want - have), "gone": sorted(have - want)} == {"new": [], "gone": []}, "make translations"


@pytest.mark.parametrize("language", catalogs.languages())
def test_every_text_is_translated_without_a_fault(language: str) -> None:
    wrong = faults(catalogs.read(language), language, SAME[language])
    assert not wrong, "\n" + "\n".join(wrong)
