"""The demo with its files served from where they lie: nothing to collect, for the fast part of the audit."""

from portal.settings import *  # noqa: F403
from portal.settings import LOGGING as _LOGGING

LOGGING = {**_LOGGING, "root": {"handlers": ["console"], "level": "ERROR"}}
