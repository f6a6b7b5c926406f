"""Who may ask, and how much: a guard before every request.

Without a token only this machine's own names are answered, so that no foreign page can reach the
server by a name of its own (DNS rebinding); a request that another page sends is refused by its
origin; bodies are bounded and must come in time.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SLOW = 30.0
"""Seconds in which the whole body of a request has to come."""
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
"""Of every answer."""


class Guard:
    """Refuses strangers and what is too large or too slow, before the app sees it."""

    def __init__(self, app: App, hosts: tuple[str, ...], token: str, most: int) -> None:
        self.app, self.hosts, self.token, self.most = app, hosts, token, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1")
                   for name, value in scope["headers"]}  # fmt: skip
        refused = self._refused(scope, headers)
        if refused:
            await _say(send, *refused)
            return
        body = await self._body(receive) if scope["method"] == "POST" else b""
        if isinstance(body, tuple):
            await _say(send, *body)
            return
        await self.app(scope, _given(body, receive), _with_headers(send))

    def _refused(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if not self.token and name.strip("[]") not in self.hosts:
            return 403, "This server answers on this machine only."
        origin = headers.get("origin", "")
        if origin and origin.partition("://")[2] != host:
            return 403, "A page of another origin may not ask."
        if self.token and not self._brought(scope, headers):
            return 401, "A token is wanted: Authorization: Bearer TOKEN, or ?token=TOKEN."
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self.most:
            return 413, f"At most {self.most:,} bytes may be sent."
        return None

    def _brought(self, scope: Scope, headers: dict[str, str]) -> bool:
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        given = headers.get("authorization", "").removeprefix("Bearer ") or asked
        return hmac.compare_digest(given.encode(), self.token.encode())

    async def _body(self, receive: Receive) -> bytes | tuple[int, str]:
        parts, size = list[bytes](), 0
        try:
            async with asyncio.timeout(SLOW):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return 400, "The request was broken off."
                    part = message.get("body", b"")
                    parts.append(part)
                    size += len(part)
                    if size > self.most:
                        return 413, f"At most {self.most:,} bytes may be sent."
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            return 408, f"The request did not come within {SLOW:.0f} seconds."


def _given(body: bytes, receive: Receive) -> Receive:
    """The body that was read, then whatever comes after it."""
    left = [body]

    async def give() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return give


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *((name.encode(), value.encode()) for name, value in HEADERS.items()
                  if name.encode() not in there),
            ]  # fmt: skip
        await send(message)

    return sent


async def _say(send: Send, status: int, why: str) -> None:
    import json

    body = json.dumps({"detail": why}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()),
               (b"connection", b"close")]  # fmt: skip
    await _with_headers(send)({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
