"""Ports that are free now."""

import socket


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens on `port`, on the next free one of a hundred, or on any. Children may inherit it."""
    for candidate in (*range(port, min(port + 100, 65_536)), 0):
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind((host, candidate))
            held.listen(2048)
        except OSError:
            held.close()
            continue
        held.set_inheritable(True)
        return held
    raise OSError(f"no port is free on {host}")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
