"""Settings: one file, titled blocks. Runs with nothing set; each production part is switched on by one variable.

`portal/checks.py` refuses a production that is only half set.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO

# --- Where we are -------------------------------------------------------------
BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / "var")))
DATA_DIR.mkdir(parents=True, exist_ok=True)
# Real input for tests and benchmarks; not part of the project, and nothing needs it to run.
SHARED_DATA = BASE_DIR.parent / "shared" / "data"

PRODUCTION = env.bool("PRODUCTION", default=False)
DEBUG = env.bool("DEBUG", default=False)
SITE_URL = env("SITE_URL", default="http://localhost:8000").rstrip("/")
SITE_NAME = "Glasshouse"
SECRET_KEY = env("SECRET_KEY", default="" if PRODUCTION else "only-for-this-machine-not-for-production-0123456789")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
# One-click sign-ins and the outbox page: for a portal that nobody but its owner can reach.
DEMO = env.bool("DEMO", default=not PRODUCTION)

# --- Apps ---------------------------------------------------------------------
INSTALLED_APPS = [
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "csp",
    "django_htmx",
    "template_partials",
    "heroicons",
    "simple_history",
    "ninja",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "portal.apps.PortalConfig",
    "portal.kit",
    "portal.sandbox",
    "portal.accounts",
    "portal.accounts.tiktok",
    "portal.ledger",
    "portal.programs",
    "portal.payments",
    "portal.notices",
    "portal.payouts",
    "portal.insights",
    "portal.feedback",
    "portal.jobs",
    "portal.home",
    "portal.api",
    "portal.demo",
    "academy",
    "subscriptions",
    "rewards",
    "shop",
]

# --- Web ----------------------------------------------------------------------
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
ASGI_APPLICATION = "portal.asgi.application"
APPEND_SLASH = True

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "portal.kit.streaming.StaticFilesMiddleware",
    "portal.kit.middleware.PermissionsPolicyMiddleware",
    "portal.kit.middleware.NullCharacterMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.accounts.middleware.PersonMiddleware",
    "portal.accounts.middleware.DeviceMiddleware",
    "portal.accounts.middleware.StaffMfaMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.home.context.frame",
            ],
            "builtins": [
                "portal.kit.templatetags.kit",
                "portal.kit.templatetags.pieces",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "heroicons.templatetags.heroicons",
                "template_partials.templatetags.partials",
                # Last: what it has it says quicker than those above.
                "portal.kit.templatetags.quick",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        # Hosted pages of the provider are reached by a redirect after a form post.
        "form-action": [
            SELF,
            "https://www.tiktok.com",
            "https://checkout.stripe.com",
            "https://billing.stripe.com",
            "https://connect.stripe.com",
        ],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=PRODUCTION)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# --- Data ---------------------------------------------------------------------
DATABASE_URL = env("DATABASE_URL", default="")
if DATABASE_URL:
    DATABASES = {"default": env.db_url("DATABASE_URL")}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=0)
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "portal.sqlite3",
            # Opening the file anew for each request would be a quarter of a page's time.
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                # Writers queue at BEGIN instead of failing in the middle.
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                # recursive_triggers: without it INSERT OR REPLACE walks round the guards of the books.
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
                    "PRAGMA cache_size=-32000; PRAGMA mmap_size=134217728;"
                ),
            },
        }
    }
# See portal/kit/prepared.py; a pooler that gives each transaction another connection cannot keep them.
PREPARE_STATEMENTS = env.bool("PREPARE_STATEMENTS", default=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    # Shared between the processes of one machine, which is what the rate limits need.
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": DATA_DIR / "cache"}
    }

# --- People -------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "home"
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "portal.accounts.forms.SignupForm"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_TOTP_ISSUER = SITE_NAME
MFA_FORMS = {
    "add_webauthn": "portal.accounts.passkey_forms.AddForm",
    "edit_webauthn": "portal.accounts.passkey_forms.EditForm",
    "signup_webauthn": "portal.accounts.passkey_forms.SignupForm",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
USERSESSIONS_TRACK_ACTIVITY = True
SOCIALACCOUNT_STORE_TOKENS = True
SOCIALACCOUNT_EMAIL_VERIFICATION = "mandatory"
SOCIALACCOUNT_ADAPTER = "portal.accounts.adapter.SocialAccountAdapter"

TIKTOK_CLIENT_KEY = env("TIKTOK_CLIENT_KEY", default="")
TIKTOK_CLIENT_SECRET = env("TIKTOK_CLIENT_SECRET", default="")
# Without keys an offline stand-in of TikTok's API serves the demo.
TIKTOK_STAND_IN = not TIKTOK_CLIENT_KEY and not PRODUCTION
if TIKTOK_STAND_IN:
    TIKTOK_CLIENT_KEY, TIKTOK_CLIENT_SECRET = "stand-in-key", "stand-in-secret"
SOCIALACCOUNT_PROVIDERS = (
    {"tiktok": {"APPS": [{"client_id": TIKTOK_CLIENT_KEY, "secret": TIKTOK_CLIENT_SECRET}]}}
    if TIKTOK_CLIENT_KEY
    else {}
)

# --- Money --------------------------------------------------------------------
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", default="")
SANDBOX = not STRIPE_SECRET_KEY
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET", default="whsec_sandbox_snapshot" if SANDBOX else "")
STRIPE_THIN_WEBHOOK_SECRET = env("STRIPE_THIN_WEBHOOK_SECRET", default="whsec_sandbox_thin" if SANDBOX else "")
SANDBOX_STORE = DATA_DIR / "stripe-sandbox.sqlite3"

# --- Jobs ---------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object]
if not REDIS_URL:
    for folder in ("in", "done", "control"):
        (DATA_DIR / "queue" / folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # One folder for both directions: what a process writes, a worker reads.
        "data_folder_in": str(DATA_DIR / "queue" / "in"),
        "data_folder_out": str(DATA_DIR / "queue" / "in"),
        "processed_folder": str(DATA_DIR / "queue" / "done"),
        "control_folder": str(DATA_DIR / "queue" / "control"),
    }
else:
    # Longer than the longest task; money does not depend on it, its rows are the queue.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_keepalive": True}
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_EAGER", default=False)
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"

# --- Mail ---------------------------------------------------------------------
EMAIL_URL = env("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "portal.notices.outbox.OutboxBackend"
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=f"{SITE_NAME} <hello@localhost>")

# --- Receipts -------------------------------------------------------------------
# Who sells, in one line: name, address, tax number. And fonts (TTF files) for scripts the installed ones cannot draw.
RECEIPT_SELLER = env("RECEIPT_SELLER", default=SITE_NAME)
RECEIPT_FONTS = env.list("RECEIPT_FONTS", default=[])

# --- Languages and time -------------------------------------------------------
LANGUAGE_CODE = "en"
# Each in its own words: who cannot read this page has to find theirs.
LANGUAGES = [("en", "English"), ("es", "Español"), ("ar", "العربية")]
# English in strange letters and brackets: what looks plain in it goes past gettext.
PSEUDO_LOCALE = env.bool("PSEUDO_LOCALE", default=DEBUG)
if PSEUDO_LOCALE:
    LANGUAGES.append(("en-xa", "⟦Ṕšéûðö⟧"))
    LANG_INFO["en-xa"] = {"bidi": False, "code": "en-xa", "name": "Pseudo", "name_local": "⟦Ṕšéûðö⟧"}
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
FORMAT_MODULE_PATH = ["portal.kit.languages.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files --------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
# Without production nothing is collected: files are served from where they lie.
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = DATA_DIR / "media"
# What a post can hold, in MB by kind. A demo on somebody's laptop takes smaller videos.
MEDIA_MOST_MB = {"picture": 10, "video": env.int("MEDIA_VIDEO_MOST_MB", default=50 if DEMO else 500), "file": 100}
# Where the web server finds MEDIA_ROOT, for instance "/protected/": it then sends the files, we only permit.
MEDIA_ACCEL_PREFIX = env("MEDIA_ACCEL_PREFIX", default="")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- Logs ---------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "stripe": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
    },
}
