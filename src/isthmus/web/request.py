"""The request of ``isthmus serve``."""

from dataclasses import field
from pathlib import Path

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import Common, RequestError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class ServeRequest:
    """Serve an index: a page to search by, and an HTTP API that answers with the same objects."""

    index: Positional[Path]
    """Folder that isthmus index made."""
    host: str = "127.0.0.1"
    """Address to listen on, such as 0.0.0.0; anything but this machine's own wants a --token."""
    port: int = 8737
    """Port to listen on; 0 takes a free one."""
    token: str = ""
    """Word that every request must bring (Authorization: Bearer, or ?token=)."""
    most: int = 64
    """Largest file that may be sent, in megabytes, 1 or more."""
    open: bool = False
    """Open the page in the browser."""
    common: Common = field(default_factory=Common)

    def __post_init__(self) -> None:
        if self.host not in LOOPBACK and len(self.token) < 16:
            raise RequestError(
                f"{self.host} can be reached from other machines, so --token wants a secret of 16 "
                "characters or more: python -c 'import secrets; print(secrets.token_urlsafe())'"
            )
        if not 0 <= self.port < 65536 or self.most < 1:
            raise RequestError("--port is 0 to 65535, and --most is 1 or more megabytes.")
