"""The people of the demo. Five of them have a role with a name, so that a link can sign one in as them."""

from dataclasses import dataclass, field
from datetime import date

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


@dataclass(frozen=True)
class CreatorPart:
    """A creator as the story knows them."""

    handle: str
    name: str
    intro: str
    region: str
    born: date
    accent: str
    followers: int
    views_30d: int
    languages: list[str] = field(default_factory=lambda: ["en"])
    currency: str = "usd"

    @property
    def email(self) -> str:
        return f"{self.handle}@demo.example"


ROLES = (
    Role(
        "creator",
        "mika@demo.example",
        "Mika",
        _("Creator"),
        _("Cooks on camera for 182,000 followers: tiers, clips, shop links and payouts."),
    ),
    Role(
        "small-creator",
        "noor@demo.example",
        "Noor",
        _("Small creator"),
        _("Repairs bicycles for 1,200 followers, which is just enough for the shop."),
    ),
    Role("fan", "sam@demo.example", "Sam", _("Fan"), _("A member of Mika's page who learns in the academy.")),
    Role(
        "brand",
        "june@demo.example",
        "June",
        _("Brand"),
        _("Sells through creators for Juniper Home: products, orders, returns and budget."),
    ),
    Role("staff", "robin@demo.example", "Robin", _("Staff"), _("Runs payouts, reads the books, answers feedback.")),
)
BY_SLUG = {role.slug: role for role in ROLES}

CREATORS = (
    CreatorPart(
        "mika",
        "Mika Arden",
        "Dinner in the time it takes the rice to cook. New clip every Tuesday, the whole recipe for members.",
        "US",
        date(1993, 4, 9),
        "clay",
        182_000,
        2_400_000,
    ),
    CreatorPart(
        "noor",
        "Noor Haddad",
        "Old bicycles, made to last another thirty years. No music, just the sound of the workshop.",
        "US",
        date(1999, 11, 2),
        "sky",
        1_200,
        9_000,
    ),
    CreatorPart(
        "tomas",
        "Tomás Reyes",
        "Street chess, one lost game at a time, explained move by move.",
        "GB",
        date(1988, 1, 30),
        "plum",
        46_300,
        310_000,
        ["en", "es"],
        "gbp",
    ),
    CreatorPart(
        "ines",
        "Inès Moreau",
        "A balcony of four square meters and what it grows, week by week.",
        "FR",
        date(1991, 7, 21),
        "moss",
        12_900,
        128_000,
        ["fr", "en"],
        "eur",
    ),
)
FANS = ("Sam", "Ana", "Ben", "Chi", "Dara", "Eli", "Fay", "Gus", "Hana", "Ivo")
