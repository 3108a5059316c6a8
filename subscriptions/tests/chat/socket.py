"""A browser's WebSocket for tests, over the bare ASGI messages (channels.testing would need a second web server)."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator
from asgiref.typing import ASGIApplication


class Socket(ApplicationCommunicator):
    """`await socket.open()`, then `say`, `hear`, `close`."""

    def __init__(self, application: ASGIApplication, path: str, user: object = None, headers: Any = ()) -> None:
        path, _, query = path.partition("?")
        scope: dict[str, Any] = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": list(headers),
            "subprotocols": [],
        }
        if user is not None:
            scope["user"] = user
        super().__init__(application, scope)  # type: ignore[arg-type]

    async def open(self) -> bool:
        """Whether the server took the connection."""
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(5))["type"] == "websocket.accept"

    async def say(self, frame: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": frame})

    async def hear(self) -> dict[str, Any]:
        """The next frame; a close is told as {"kind": "close", "code": …}."""
        message = await self.receive_output(5)
        if message["type"] == "websocket.close":
            return {"kind": "close", "code": message["code"]}
        return json.loads(message["text"])  # type: ignore[no-any-return]

    async def hears_nothing(self) -> bool:
        return await self.receive_nothing(timeout=0.2)

    async def close(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(5)
