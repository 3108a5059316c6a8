from django.apps import AppConfig


class TikTokConfig(AppConfig):
    name = "portal.accounts.tiktok"
    label = "tiktok"
    verbose_name = "TikTok"
