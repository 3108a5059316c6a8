"""Refusal: an expected "no", with a sentence for the person. Everything else that goes wrong is a bug."""

from collections.abc import Mapping
from typing import ClassVar

from django.utils.functional import Promise


class Refusal(Exception):
    """Subclass beside the action that refuses, named for what is the case (`TierIsFull`), with a `sentence`.

    `sentence` may hold %(name)s places, filled from keyword arguments. `status` is what a machine is told;
    `field` names the form field the sentence belongs beside.
    """

    sentence: ClassVar[str | Promise] = "This cannot be done."
    status: ClassVar[int] = 409
    field: ClassVar[str | None] = None

    def __init__(self, **values: object) -> None:
        self.values: Mapping[str, object] = values
        super().__init__(str(self))

    def __str__(self) -> str:
        return str(self.sentence) % self.values if self.values else str(self.sentence)

    @property
    def code(self) -> str:
        """The class name in words joined by underscores, for machines: `tier_is_full`."""
        name = type(self).__name__
        return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")
