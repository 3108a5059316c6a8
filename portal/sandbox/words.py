"""The provider's own words for how things stand, which its pages show: written down here so that they are translated.

Templates look them up as they come from the provider: `{% translate state %}`.
"""

from django.utils.translation import gettext_noop as _

STATES = (
    _("active"),
    _("available"),
    _("canceled"),
    _("complete"),
    _("delivered"),
    _("draft"),
    _("enabled"),
    _("expired"),
    _("failed"),
    _("in_transit"),
    _("incomplete"),
    _("lost"),
    _("needs_response"),
    _("open"),
    _("paid"),
    _("past_due"),
    _("paused"),
    _("pending"),
    _("refunded"),
    _("succeeded"),
    _("trialing"),
    _("uncollectible"),
    _("unpaid"),
    _("void"),
    _("won"),
)
INTERVALS = (_("day"), _("week"), _("month"), _("year"))
