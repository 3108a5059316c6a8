"""A production that is set whole, for the checks; none of it exists."""

PRODUCTION = {
    "PRODUCTION": "1",
    "DEBUG": "0",
    "DEMO": "0",
    "SECRET_KEY": "glass-house-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ALLOWED_HOSTS": "portal.example",
    "SITE_URL": "https://portal.example",
    "DATABASE_URL": "postgres://portal:secret@db.portal.example/portal",
    "REDIS_URL": "redis://redis.portal.example:6379/0",
    "STRIPE_SECRET_KEY": "sk_live_does_not_exist",
    "STRIPE_WEBHOOK_SECRET": "whsec_does_not_exist",
    "STRIPE_THIN_WEBHOOK_SECRET": "whsec_does_not_exist_either",
    "EMAIL_URL": "smtp+tls://portal:secret@mail.portal.example:587",
    "BEHIND_PROXY": "1",
    "TRUSTED_PROXY_COUNT": "1",
}
