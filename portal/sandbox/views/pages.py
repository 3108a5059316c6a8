"""What the hosted pages share: looking objects up, saying no, the step to 3-D Secure."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect

from portal.sandbox.engine import box
from portal.sandbox.errors import ApiError
from portal.sandbox.outside import copy
from portal.sandbox.registry import Obj

Found = TypeVar("Found")


def look(question: Callable[[], Found]) -> Found:
    """Ask the store inside one transaction; what does not exist is a page that does not exist."""
    with box().unit():
        try:
            return question()
        except ApiError as error:
            if error.status == 404:
                raise Http404(str(error)) from error
            raise


def one(id: str, kind: str) -> Obj:
    return look(lambda: copy(box().get(id, kind)))


def noted(ref: str, name: str) -> Any:
    found = look(lambda: box().noted(ref, name))
    if found is None:
        raise Http404("There is no such page, or no longer.")
    return found


def refuse(form: forms.Form, error: ApiError) -> None:
    """Put the provider's no beside the card, or where the form has none above everything."""
    form.add_error("card" if "card" in form.fields else None, str(error))


def to_confirmation(deed: str, arguments: Obj, back: str, retry: str) -> HttpResponseRedirect:
    """The bank wants to hear from the cardholder: the deed waits until it has."""
    with box().unit():
        token = box().postpone(deed, arguments, back, retry)
    return redirect("hosted_confirmation", token)


def leave(url: str) -> HttpResponse:
    """Back to the site that sent the person here; the address was given over the API by that site itself."""
    return HttpResponseRedirect(url)
