"""Questions about people."""

from zoneinfo import available_timezones

from portal.accounts.models import Creator, User


def roles_of(user: User) -> list[str]:
    """The roles a person has on this floor: always "fan", then "creator" and "staff" where they are.

    "brand" is known higher up and added there.
    """
    roles = ["fan"]
    if Creator.objects.filter(user=user).exists():
        roles.append("creator")
    if user.is_staff:
        roles.append("staff")
    return roles


def time_zones() -> list[str]:
    """Names of the zones people choose from: places and UTC, without the aliases of old."""
    places = (
        "Africa/",
        "America/",
        "Antarctica/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    )
    return ["UTC", *sorted(name for name in available_timezones() if name.startswith(places))]
