"""Notices live on the floor of programs, so they are reached by the name of their job."""

from django.utils import translation
from django.utils.functional import Promise

from portal.accounts.models import Creator
from portal.kit.jobs import enqueue
from portal.programs.models import Program


def tell_creator(
    creator: Creator, program: Program, kind: str, subject: str | Promise, body: str | Promise, url: str, *, key: str
) -> None:
    """Tell a creator something after commit, in their own language; `%(program)s` in the subject is filled."""
    with translation.override(creator.user.language):
        enqueue(
            "notices.tell_person",
            user_id=creator.user_id,
            kind=kind,
            subject=str(subject) % {"program": program.label},
            body=str(body),
            url=url,
            key=key,
        )
