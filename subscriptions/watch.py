"""What this product watches over, told on the page of the books."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.ledger.concerns import Concern, concern
from subscriptions.queries.alarms import open_alarms


@concern("subscriptions.alarms")
def alarms(*, now: datetime) -> Concern:
    """Renewals that were due have happened, payments have opened doors, paid doors have payments."""
    del now  # the rows say what is open
    sentence = _("Every renewal that was due has happened, and every payment has opened its door.")
    return Concern(sentence, open_alarms().count(), reverse("alarm_list"))
