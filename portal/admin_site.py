"""The back office: Django's admin with our name."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class PortalAdminSite(AdminSite):
    site_header = _("Glasshouse back office")
    site_title = _("Back office")
    index_title = _("What needs somebody")
