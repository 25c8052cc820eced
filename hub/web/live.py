"""`/live`: whole states by websocket.

A state is encoded once and shared by all. Each client has an outbox of one place, in which a newer state takes the
place of an older one, so a client that reads slowly, or never, costs the others nothing and misses only what is old.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from displays.board import board
from hub import wire
from hub.access import ROLES, Role
from hub.domain.events import DayStarted, Recorded
from hub.errors import BadValue, HallhubError, NotAllowed, NotFound, NoToken, StorageFull
from hub.judging import STEPS
from hub.web.desks import window_items
from hub.web.flags import flag_items
from hub.web.frames import EXTENSION, Write, text_frame
from hub.web.guard import log_refusal, token_of
from hub.web.problems import problem_of
from hub.web.services import Services

FIRST_WORD_S: Final = 5.0
"""So long a client without header and cookie may take to say its token."""
TICK_S: Final = 0.4
"""Between looks at what no fact tells: revoked tokens, a disk that is well again. With access.FRESH_NS below 1 s."""
LEAST_GAP_S: Final = 0.005
BUSY_SHARE: Final = 0.5
"""Of the loop's time that making and sending one topic's states may take; in a storm of facts states get rarer."""

NO_TOKEN: Final = 4401
TOO_LOW: Final = 4403
NO_TOPIC: Final = 4404
BAD_QUERY: Final = 1008
TOO_BIG: Final = 1009
_CODES: Final = {401: NO_TOKEN, 403: TOO_LOW, 404: NO_TOPIC}
_DENIAL: Final = "websocket.http.response"


class _FirstWord(msgspec.Struct):
    token: str


@dataclass(frozen=True, slots=True)
class Message:
    """One state, ready to send."""

    seq: int
    state: bytes
    text: str
    frame: bytes


class Outbox:
    """What one client is still to be sent: the newest state only, or that it must go."""

    __slots__ = ("_bell", "_closing", "_message", "_write", "busy", "token")

    def __init__(self, token: str, write: Write | None) -> None:
        self.token = token
        self.busy = False
        """The pump is sending; its turn must not be overtaken."""
        self._write = write
        self._message: Message | None = None
        self._closing: int | None = None
        self._bell = asyncio.Event()

    def put(self, message: Message) -> None:
        """Send at once where the client keeps up, else keep in place of an older state."""
        if self._write is not None and not self.busy and self._message is None and self._write(message.frame):
            return
        self._message = message
        self._bell.set()

    def close(self, code: int) -> None:
        """Let the client go."""
        self._closing = code
        self._bell.set()

    async def take(self) -> Message | int:
        """The next state to send, or the code to close with."""
        await self._bell.wait()
        self._bell.clear()
        if self._closing is not None:
            return self._closing
        message, self._message = self._message, None
        assert message is not None
        return message


class Topic:
    """One kind of state and who follows it."""

    def __init__(self, name: str, roles: Sequence[Role], make: Callable[[], tuple[int, Any]]) -> None:
        self.name = name
        self.roles = frozenset(roles)
        self.clients: set[Outbox] = set()
        self._make = make
        self._message: Message | None = None
        self._last: Message | None = None
        self._ambiguous = 0
        """The newest number that more than one state had: some changes are no facts (paper, a full disk)."""
        self._told = b""
        self._flush: asyncio.TimerHandle | None = None
        self._not_before = 0.0

    def join(self, client: Outbox, after: int) -> None:
        """Follow from now on; a client that surely has the newest state (`after`; 0: none) waits for a newer one."""
        message = self.message()
        if not self.clients:
            self._told = message.state
        elif self._told != message.state:
            self._told = b""  # this client is ahead of the others: what comes next is told, though it be theirs again
        if after != message.seq or after in {0, self._ambiguous}:
            client.put(message)
        self.clients.add(client)

    def changed(self) -> None:
        """The state may be another now: tell, soon and once."""
        self._message = None
        if self.clients and self._flush is None:
            loop = asyncio.get_running_loop()
            self._flush = loop.call_at(max(loop.time(), self._not_before), self._tell)

    def message(self) -> Message:
        """The state as it stands."""
        if self._message is None:
            seq, state = self._make()
            body = msgspec.json.encode(state)
            text = b'{"seq":%d,"topic":"%b","%b":%b}' % (seq, self.name.encode(), self.name.encode(), body)
            self._message = Message(seq, body, text.decode(), text_frame(text))
            if self._last is not None and self._last.seq == seq and self._last.state != body:
                self._ambiguous = seq
            self._last = self._message
        return self._message

    def _tell(self) -> None:
        self._flush = None
        loop = asyncio.get_running_loop()
        began = loop.time()
        message = self.message()
        if message.state != self._told:  # many facts change nothing that this topic shows
            self._told = message.state
            for client in self.clients:
                client.put(message)
        took = loop.time() - began
        self._not_before = began + max(LEAST_GAP_S, took / BUSY_SHARE)


class Live:
    """All topics and their clients. `run` for as long as the hub serves."""

    def __init__(self, services: Services) -> None:
        self._access = services.access
        self._shown = services.shown
        self._devices = services.devices
        self._topics = {topic.name: topic for topic in _topics(services)}
        self._trouble = services.shown.trouble

    def clients(self) -> int:
        """How many are connected."""
        return sum(len(topic.clients) for topic in self._topics.values())

    async def run(self) -> None:
        """Follow the hall until cancelled."""
        stops = (self._shown.watch(self._facts), self._devices.watch(self._devices_changed))
        try:
            while True:
                await asyncio.sleep(TICK_S)
                await self.tick()
        finally:
            for stop in stops:
                stop()

    async def tick(self) -> None:
        """Look at what no fact tells."""
        if self._trouble != self._shown.trouble:
            self._trouble = self._shown.trouble
            self._topics["board"].changed()
        clients = [client for topic in self._topics.values() for client in topic.clients]
        with contextlib.suppress(StorageFull):  # the book of tokens can't be read: whoever is in stays for now
            for token in {client.token for client in clients}:
                if await self._access.find(token) is None:
                    for client in clients:
                        if client.token == token:
                            client.close(NO_TOKEN)

    async def serve(self, websocket: WebSocket) -> None:
        """One client, from the handshake to its end."""
        try:
            topic, client = await self._admit(websocket)
        except HallhubError as refusal:
            await _refuse(websocket, refusal)
            return
        except WebSocketDisconnect:
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                pump = tasks.create_task(_pump(websocket, client))
                await _listen(websocket, client)
                pump.cancel()
        finally:
            topic.clients.discard(client)

    async def _admit(self, websocket: WebSocket) -> tuple[Topic, Outbox]:
        """Check the token first, then the rest; accept the handshake and send the first state."""
        token = token_of(websocket.scope)
        if token is None:
            await websocket.accept()
            token = await _first_word(websocket)
        who = await self._access.find(token)
        if who is None:
            log_refusal(websocket.scope, "unknown token" if token else "no token")
            raise NoToken
        query = websocket.query_params
        topic = self._topic(query.get("topic", "board"))
        after = _number(query.get("after", "0"))
        if who.role not in topic.roles:
            log_refusal(websocket.scope, "role", topic=topic.name, name=who.name, role=who.role)
            raise NotAllowed(who.role, topic.roles)
        if websocket.application_state is WebSocketState.CONNECTING:
            await websocket.accept()
        client = Outbox(token, websocket.scope.get("extensions", {}).get(EXTENSION))
        topic.join(client, after)
        return topic, client

    def _topic(self, name: str) -> Topic:
        topic = self._topics.get(name)
        if topic is None:
            raise NotFound("topic", name)
        return topic

    def _facts(self, facts: Sequence[Recorded]) -> None:
        if any(isinstance(recorded.fact, (*STEPS, DayStarted)) for recorded in facts):  # a day makes cases late
            self._topics["flags"].changed()
        self._topics["board"].changed()
        self._topics["windows"].changed()

    def _devices_changed(self) -> None:
        self._topics["windows"].changed()
        self._topics["devices"].changed()


def _topics(services: Services) -> tuple[Topic, ...]:
    shown, hall, devices = services.shown, services.hall, services.devices
    staff: tuple[Role, ...] = ("manager", "inspector", "admin")

    def the_board() -> tuple[int, Any]:
        return shown.state.seq, board(shown.state, hall.setup, hall.zone, shown.trouble)

    def the_windows() -> tuple[int, Any]:
        return shown.state.seq, window_items(shown.state, hall.setup, hall.zone, devices.items())

    def the_devices() -> tuple[int, Any]:
        return shown.state.seq, tuple(devices.items())

    def the_flags() -> tuple[int, Any]:
        return shown.state.seq, flag_items(services.judging)

    return (
        Topic("board", ROLES, the_board),
        Topic("windows", ("clerk", *staff), the_windows),
        Topic("devices", staff, the_devices),
        Topic("flags", ("manager", "inspector"), the_flags),
    )


async def _pump(websocket: WebSocket, client: Outbox) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            item = await client.take()
            if isinstance(item, int):
                await websocket.close(item)
                return
            client.busy = True
            await websocket.send_text(item.text)
            client.busy = False


async def _listen(websocket: WebSocket, client: Outbox) -> None:
    """Until the client has left; what it says is not for us."""
    while (said := await websocket.receive())["type"] != "websocket.disconnect":
        if len(said.get("text") or said.get("bytes") or "") > wire.LIVE_FRAME_MOST:
            client.close(TOO_BIG)


async def _first_word(websocket: WebSocket) -> str:
    """The token that a client says instead of sending it in a header; NoToken for anything else."""
    try:
        async with asyncio.timeout(FIRST_WORD_S):
            said = await websocket.receive()
    except TimeoutError:
        raise NoToken from None
    if said["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(said.get("code", 1005))
    try:
        return msgspec.json.decode(said.get("text") or b"", type=_FirstWord).token
    except msgspec.MsgspecError:
        raise NoToken from None


async def _refuse(websocket: WebSocket, refusal: HallhubError) -> None:
    problem = problem_of(refusal)
    if websocket.application_state is WebSocketState.CONNECTED:
        await websocket.close(_CODES.get(problem.status_code, BAD_QUERY))
    elif _DENIAL in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(problem)
    else:
        await websocket.close(_CODES.get(problem.status_code, BAD_QUERY))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadValue("after", "号码 (a number)", text)
    return int(text)
