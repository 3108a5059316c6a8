"""The people of the demo. Their roles have names, so that a link can sign one in."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Role:
    """Somebody one can be with one click."""

    slug: str
    email: str
    name: str
    label: str | Promise
    story: str | Promise


ROLES = (
    Role(
        "creator",
        "mika@demo.example",
        "Mika",
        _("Creator"),
        _("Cooks on camera for 182,000 followers; tiers, clips, shop links and payouts."),
    ),
    Role(
        "small-creator",
        "noor@demo.example",
        "Noor",
        _("Small creator"),
        _("Repairs bicycles for 1,200 followers; just large enough for the shop."),
    ),
    Role("fan", "sam@demo.example", "Sam", _("Fan"), _("Is a member of Mika's page and learns in the academy.")),
    Role(
        "brand",
        "june@demo.example",
        "June",
        _("Brand"),
        _("Sells through creators for Juniper Home; orders, returns and budget."),
    ),
    Role("staff", "robin@demo.example", "Robin", _("Staff"), _("Runs payouts, reads the books, answers feedback.")),
)
BY_SLUG = {role.slug: role for role in ROLES}
