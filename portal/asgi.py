"""ASGI: pages, the chat's WebSocket, and before both the shop links where Redis can keep their clicks."""

import os
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
pages: Any = get_asgi_application()

# Models can be imported only now.
from shop.redirects import Redirects
from subscriptions.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": Redirects(pages) if settings.REDIS_URL else pages,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
