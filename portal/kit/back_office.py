"""What the back office of several apps shares."""

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """Put before ModelAdmin: rows that deeds write and staff only look at."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
