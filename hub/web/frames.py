"""The websocket server of uvicorn, with one thing more: a frame that was made once is written to many clients.

The ASGI scope of a websocket then has the extension `hallhub.write`: `write(frame) -> bool` puts a whole frame
(`text_frame`) on the wire at once, without waiting; False where the client reads too slowly or is gone, and nothing
was written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State

EXTENSION: Final = "hallhub.write"

Write = Callable[[bytes], bool]


def text_frame(text: bytes) -> bytes:
    """A server's whole text message on the wire (RFC 6455, 5.2): final, not masked, no extension."""
    return Frame(Opcode.TEXT, text).serialize(mask=False)


class FrameProtocol(WebSocketsSansIOProtocol):
    """For `uvicorn.Config(ws=FrameProtocol)`, with `ws_per_message_deflate=False`."""

    def handle_connect(self, event: Request) -> None:
        """Offer `hallhub.write` to the app."""
        super().handle_connect(event)
        scope: Any = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][EXTENSION] = self._write_frame

    async def send(self, message: Any) -> None:  # noqa: ANN401 - uvicorn's own union of messages
        """Call a handshake that was answered with a problem an end, where uvicorn logs it as an error of the app's."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True

    def _write_frame(self, frame: bytes) -> bool:
        if not self.writable.is_set() or self.close_sent or self.conn.state is not State.OPEN:
            return False
        self.transport.write(frame)
        return True
