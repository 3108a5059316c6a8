"""The web server on a socket that the supervisor holds: while it restarts, requests wait instead of failing."""

import socket
import sys

import uvicorn


def main(descriptor: int) -> None:
    config = uvicorn.Config(
        "portal.asgi:application",
        # Six to nine times less work per chat message than the others.
        ws="websockets-sansio",
        lifespan="off",
        # Log lines go through the handlers of Django's settings.
        log_config=None,
        timeout_graceful_shutdown=10,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
