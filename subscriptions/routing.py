from django.urls import path

from subscriptions.consumers import ChatConsumer

websocket_urlpatterns = [
    path("ws/chat/<str:handle>/", ChatConsumer.as_asgi()),
]
