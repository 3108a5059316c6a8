"""The rules a fresh portal starts with. Idempotent: a rule that is there is left as it is."""

from datetime import date

from portal.payouts.models import PayoutRule

# currency, least amount in minor units, from
RULES = [("usd", 1000, date(2024, 1, 1)), ("eur", 1300, date(2024, 1, 1)), ("gbp", 1500, date(2024, 1, 1))]


def install(rule_model: type[PayoutRule] = PayoutRule) -> None:
    for currency, minimum_minor, day in RULES:
        rule_model.objects.get_or_create(
            currency=currency, valid_from_date=day, defaults={"minimum_minor": minimum_minor}
        )
