"""allauth's forms for passkeys, with a label that can be translated: theirs is made of the field's name."""

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm, SignupWebAuthnForm
from django.utils.translation import gettext_lazy as _


class Labeled:
    """Put before allauth's form."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")


class AddForm(Labeled, AddWebAuthnForm):
    pass


class EditForm(Labeled, EditWebAuthnForm):
    pass


class SignupForm(Labeled, SignupWebAuthnForm):
    pass
