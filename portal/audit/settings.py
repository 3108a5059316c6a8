"""The demo, served as production serves: files collected under hashed names and compressed."""

from portal.settings import *  # noqa: F403
from portal.settings import DATA_DIR as _DATA_DIR
from portal.settings import LOGGING as _LOGGING
from portal.settings import STORAGES as _STORAGES

STORAGES = {**_STORAGES, "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
WHITENOISE_USE_FINDERS = False
# Collected once for both portals, which lie side by side.
STATIC_ROOT = _DATA_DIR.parent / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
# A refusal is an answer here, not news.
LOGGING = {**_LOGGING, "root": {"handlers": ["console"], "level": "ERROR"}}
