"""What the access decorators have made sure of, for the type checker."""

from django.http import HttpRequest

from portal.accounts.models import Creator, User


class PersonRequest(HttpRequest):
    """Behind `signed_in`."""

    user: User


class CreatorRequest(PersonRequest):
    """Behind `creator_only`."""

    creator: Creator
