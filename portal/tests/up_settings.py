"""The portal's settings with one more job, which takes its time."""

from portal.settings import *  # noqa: F403

CELERY_INCLUDE = ["portal.tests.slow_job"]
