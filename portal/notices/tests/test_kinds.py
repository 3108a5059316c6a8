"""Every kind that is told has a name on the page where people choose what they want to hear."""

import ast

from portal.notices.kinds import kind_name
from portal.tests.test_house import sources


def kinds_told() -> set[str]:
    """The literal `kind` of each call of `tell`."""
    calls = [node for path in sources() if "tests" not in path.parts for node in ast.walk(ast.parse(path.read_text()))]
    return {
        str(word.value.value)
        for call in calls
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "tell"
        for word in call.keywords
        if word.arg == "kind" and isinstance(word.value, ast.Constant)
    }


def own_words(kind: str) -> str:
    """How a kind without a name is shown."""
    app, _dot, words = kind.replace("_", " ").partition(".")
    return f"{app.capitalize()}: {words}"


def test_each_kind_has_a_name() -> None:
    told = kinds_told()
    assert "subscriptions.welcome" in told
    assert sorted(kind for kind in told if kind_name(kind) == own_words(kind)) == []
