"""Serve an index until it is told to stop."""

import logging
import socket
import webbrowser
from urllib.parse import quote

from isthmus.indexes.index import open_index
from isthmus.studies.shared import resolve
from isthmus.types import ExtraMissingError, RequestError
from isthmus.web.request import LOOPBACK, ServeRequest

AT_MOST = 128
"""Connections that are answered at once; further ones are told to come again."""
_log = logging.getLogger("isthmus")


def run(request: ServeRequest) -> None:
    """Answer requests until Ctrl-C.

    Raises:
        RequestError: no index, or an address that cannot be listened on.
        ExtraMissingError: FastAPI or uvicorn is not installed.
    """
    try:
        import uvicorn

        from isthmus.web.app import create_app
        from isthmus.web.guards import Guard
        from isthmus.web.service import Service
    except ModuleNotFoundError as error:
        raise ExtraMissingError(error.name or "fastapi", "web") from error
    name = open_index(request.index).record.name
    encoders = resolve(name).encoders(request.common, "queries must be encoded")
    heard = _socket(request)
    service = Service(request.index, encoders)
    guard = Guard(create_app(service), (*LOOPBACK, request.host), request.token,
                  request.most * 1_000_000)  # fmt: skip
    host = f"[{request.host}]" if ":" in request.host else request.host
    word = f"?token={quote(request.token)}" if request.token else ""
    address = f"http://{host}:{heard.getsockname()[1]}/{word}"
    _log.info("Serving %s at %s; stop with Ctrl-C.", request.index, address)
    if request.open:
        webbrowser.open(address)
    config = uvicorn.Config(guard, log_level="warning", limit_concurrency=AT_MOST,
                            timeout_keep_alive=10, server_header=False)  # fmt: skip
    try:
        uvicorn.Server(config).run(sockets=[heard])
    finally:
        service.close()


def _socket(request: ServeRequest) -> socket.socket:
    """Listening already, so that the port is known and ours."""
    family = socket.AF_INET6 if ":" in request.host else socket.AF_INET
    heard = socket.socket(family, socket.SOCK_STREAM)
    heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        heard.bind((request.host, request.port))
    except OSError as error:
        heard.close()
        raise RequestError(
            f"Port {request.port} of {request.host} cannot be listened on ({error.strerror}): "
            "choose another --port; 0 takes a free one."
        ) from error
    return heard
