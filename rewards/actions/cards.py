"""A rate card goes into force: published once, dated, never edited afterwards."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from rewards.models import RateCard, RatedDay


class CardIsPublished(Refusal):
    sentence = _("A published rate card is not changed. Make a new version from a later day.")


class CardBeginsTooEarly(Refusal):
    sentence = _("Days from %(day)s on are already rated. A rate card begins on a day that is not rated yet.")
    field = "valid_from"


class CardIsUnusable(Refusal):
    sentence = "%(why)s"
    status = 422


class CurrencyChangesWithinMonth(Refusal):
    sentence = _("The currency changes only with the first day of a month.")
    field = "currency"


@transaction.atomic
def publish_card(*, card: RateCard, by: User | None, now: datetime) -> RateCard:
    """Put a draft into force from its day. Publishing it again changes nothing (key: the card).

    Raises CardIsUnusable, CardBeginsTooEarly, CurrencyChangesWithinMonth.
    """
    row = RateCard.objects.select_for_update().get(pk=card.pk)
    if row.published_at is not None:
        return row
    try:
        row.clean()
    except ValidationError as error:
        raise CardIsUnusable(why=error.messages[0]) from None
    if RatedDay.objects.filter(day__gte=row.valid_from).exists():
        raise CardBeginsTooEarly(day=row.valid_from)
    before = RateCard.objects.in_force(row.valid_from).first()
    if before is not None and before.currency != row.currency and row.valid_from.day != 1:
        raise CurrencyChangesWithinMonth
    row.published_at, row.published_by = now, by
    row.save(update_fields=["published_at", "published_by"])
    return row
