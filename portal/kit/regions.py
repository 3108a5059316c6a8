"""Countries (ISO 3166 alpha-2, upper case) and their names in the reader's language."""

from babel import Locale

from portal.kit.languages.reader import reader_locale, spoken

# The countries a person may choose as home; what is open where is told by the rules of each program.
COUNTRIES = [
    "AE",
    "AR",
    "AT",
    "AU",
    "BE",
    "BG",
    "BR",
    "CA",
    "CH",
    "CL",
    "CO",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "EG",
    "ES",
    "FI",
    "FR",
    "GB",
    "GR",
    "HK",
    "HR",
    "HU",
    "ID",
    "IE",
    "IL",
    "IN",
    "IS",
    "IT",
    "JP",
    "KE",
    "KR",
    "LT",
    "LU",
    "LV",
    "MA",
    "MT",
    "MX",
    "MY",
    "NG",
    "NL",
    "NO",
    "NZ",
    "PE",
    "PH",
    "PL",
    "PT",
    "RO",
    "SA",
    "SE",
    "SG",
    "SI",
    "SK",
    "TH",
    "TR",
    "TW",
    "UA",
    "US",
    "VN",
    "ZA",
]


def country_name(code: str, language: str | None = None) -> str:
    locale = Locale.parse(reader_locale(language))
    return spoken(locale.territories.get(code.upper(), code))


def country_choices() -> list[tuple[str, str]]:
    """(code, name) sorted by name, for forms; called late so that the names are in the reader's language."""
    return sorted(((code, country_name(code)) for code in COUNTRIES), key=lambda pair: pair[1])


def is_country(code: str) -> bool:
    return code in COUNTRIES
