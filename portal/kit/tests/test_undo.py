import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.template import Context, Template
from django.test import RequestFactory

from portal.kit.undo import offer_undo, read_undo


def asked(rf: RequestFactory) -> object:
    request = rf.get("/")
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    return request


def test_the_way_back_goes_along_with_the_message(rf: RequestFactory) -> None:
    request = asked(rf)
    offer_undo(request, 'Gone: "<b>"', "/back/", {"on": '"1"'})  # type: ignore[arg-type]
    (message,) = request._messages  # type: ignore[attr-defined]
    assert read_undo(message.extra_tags) == {"url": "/back/", "fields": {"on": '"1"'}, "label": ""}
    html = Template('{% include "ui/toast.html" %}').render(Context({"message": message, "csrf_token": "c"}))
    assert 'action="/back/"' in html
    assert 'name="on" value="&quot;1&quot;"' in html
    assert "<b>" not in html
    assert "data-stays" in html


def test_it_never_leads_away(rf: RequestFactory) -> None:
    for url in ("https://evil.example/", "//evil.example/", "back/"):
        with pytest.raises(ValueError, match="path of this portal"):
            offer_undo(asked(rf), "Gone", url)  # type: ignore[arg-type]


def test_other_tags_are_no_way_back() -> None:
    assert read_undo("") is None
    assert read_undo(None) is None
    assert read_undo("undo-ish") is None
