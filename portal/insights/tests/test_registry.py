from datetime import datetime

import pytest

from portal.accounts.models import Creator
from portal.insights.registry import Finding, findings, insight


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty shelf for one test."""
    monkeypatch.setattr(insight, "functions", {})


def finding(name: str, weight: int) -> Finding:
    return Finding(
        name=name, sentence="Half of the views end early.", advice="Open faster.", why_url="/", weight=weight
    )


def test_the_weightiest_finding_comes_first(shelf: None, mika: Creator, noon: datetime) -> None:
    insight("short")(lambda creator, at: finding("short", 20))
    insight("early")(lambda creator, at: finding("early", 70))
    insight("nothing")(lambda creator, at: None)
    assert [one.name for one in findings(mika, noon)] == ["early", "short"]


def test_an_empty_shelf_finds_nothing(shelf: None, mika: Creator, noon: datetime) -> None:
    assert findings(mika, noon) == []
