"""A small hall for tests of the whole hub: the real hub and the real drivers over emulated devices on ptys.

    with hardware(tmp_path) as devices:
        premises = Premises(tmp_path, devices)
        async with premises.open() as hall:  # once more for a restart: the same data, the same devices
            ticket = await hall.take()
        audit(premises)

Two windows (3 and 4) with a pad, an evaluator and a sign each, one kiosk with a printer. The hall's time is the
machine's, from `MORNING_MS` on, and may jump; devices keep the machine's time.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
from websockets.asyncio.client import connect

from displays.signtext import SignView, steps
from drivers.emulation.clock import Pace
from drivers.emulation.ports import PtyPort
from drivers.emulation.truth import Happened, Truth
from drivers.emulation.wire import Wire
from drivers.keypad.emulator import Keypads
from drivers.led.emulator import Signs
from drivers.printer.emulator import PAPER_80, Printer
from hub.access import ROLES, Role, Tokens
from hub.clock import ScaledClock
from hub.config import load
from hub.domain import events as e
from hub.eventlog import Database, verify
from hub.wiring import Hub, serving
from tests.hub.running import open_log

T = TypeVar("T")

MORNING_MS = 1_791_766_800_000  # Monday 2026-10-12, 09:00 in Asia/Shanghai
PUBLIC_URL = "http://hall.example"
LEVELS = {0: 2, 1: 3, 2: 4, 3: 5}
"""What a key of the evaluator means (devices.md §3.1)."""
WINDOWS = {3: "社保综合", 4: "税务"}
SIGN_SIZE = (128, 32)
PATIENCE_S = 30.0
"""A machine under load is slow; what takes longer does not come."""
QUIET_S = 0.05
"""Three of the longest frames to a pad."""
LATEST_S = 5.0
"""How long a frame may be under way from a device to the log: a port that is being opened again, a loop under load."""

HALL = """\
[hall]
name = "示范县政务服务中心"
[web]
port = {port}
public_url = "{url}"
[[services]]
code = "social"
name = "社会保险"
prefix = "A"
[[services]]
code = "tax"
name = "税务"
prefix = "B"
[[windows]]
number = 3
name = "社保综合"
department = "人社局"
services = ["social"]
clerk = "1001"
transfer_to = 4
[[windows]]
number = 4
name = "税务"
department = "税务局"
services = ["tax", "social"]
clerk = "1002"
[[clerks]]
id = "1001"
name = "张三"
[[clerks]]
id = "1002"
name = "李四"
[[kiosks]]
id = "K1"
[[devices]]
id = "pads"
driver = "keypad.ff68"
port = "serial://{pads}?baud=9600"
windows = {{ 3 = 3, 4 = 4 }}
[[devices]]
id = "signs"
driver = "led.onbon"
port = "serial://{signs}?baud={signs_baud}"
windows = {{ 3 = 3, 4 = 4 }}
size = [128, 32]
[[devices]]
id = "printer"
driver = "printer.escpos"
port = "serial://{printer}?baud=115200"
kiosk = "K1"
options = {{ process_id = true }}
"""


async def until(true: Callable[[], T], what: str = "") -> T:
    """Wait until it is true, and return what it then is."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (found := true()):  # noqa: ASYNC110 - what comes through a pty sets no event of ours
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"waited in vain: {what or true}") from None
    return found


# --- the devices -----------------------------------------------------------------------------------------------------


@dataclass
class Hardware:
    """What stands in the hall, the wires and the plugs."""

    pace: Pace
    truth: Truth
    pads: Keypads
    pads_wire: Wire
    pads_port: PtyPort
    signs: Signs
    signs_wire: Wire
    signs_port: PtyPort
    printer: Printer
    printer_wire: Wire
    printer_port: PtyPort

    def machine_s(self, happened: Happened) -> float:
        """The machine's monotonic time of what happened at a device."""
        return self.pace._began + happened.at / self.pace.scale

    def fate(self, pad: str, press: int) -> str | None:
        """How a press ended for its device: acked, unacked, dropped; None while it is open."""
        for happened in reversed(list(self.truth)):
            if (happened.device, happened.detail.get("press")) == (pad, press) and happened.what in _FATES:
                return happened.what
        return None


_FATES = {"acked", "unacked", "dropped", "swallowed"}


@contextmanager
def hardware(
    folder: Path, *, seed: int | str = 0, patience_s: float = 0.0, one_line: bool = False
) -> Iterator[Hardware]:
    """Plug everything in, and pull it all out in the end; `one_line`: pads and signs share one RS-485 pair."""
    pace = Pace(patience_s=patience_s)
    truth = Truth(pace)
    pads_wire = Wire(pace, baud=9600, seed=f"{seed}/pads")
    signs_wire = pads_wire if one_line else Wire(pace, baud=57600, seed=f"{seed}/signs")
    printer_wire = Wire(pace, baud=115200, half_duplex=False, seed=f"{seed}/printer")
    with ExitStack() as plugs:

        def plug(wire: Wire, name: str) -> PtyPort:
            port = PtyPort(wire, folder / "ports" / name)
            port.plug()
            plugs.callback(port.unplug)
            return port

        pads_port = plug(pads_wire, "pads")
        pads = Keypads(pads_wire, truth=truth, seed=seed)
        signs = Signs(signs_wire, truth=truth, seed=seed)
        for number in WINDOWS:
            pads.add(number, name=f"pad-{number}")
            signs.add(number, name=f"sign-{number}")
        printer = Printer(printer_wire, truth=truth, profile=PAPER_80, seed=seed)
        printer.slow = 0.1
        yield Hardware(
            pace=pace,
            truth=truth,
            pads=pads,
            pads_wire=pads_wire,
            pads_port=pads_port,
            signs=signs,
            signs_wire=signs_wire,
            signs_port=pads_port if one_line else plug(signs_wire, "signs"),
            printer=printer,
            printer_wire=printer_wire,
            printer_port=plug(printer_wire, "printer"),
        )


# --- the hub ---------------------------------------------------------------------------------------------------------


class Premises:
    """The hall's house: configuration, data, tokens and clock, which outlive the hub's runs."""

    def __init__(self, folder: Path, devices: Hardware, *, data: Path | None = None, port: int = 0) -> None:
        self.devices = devices
        self.file = folder / "hall.toml"
        text = HALL.format(
            port=port,
            url=PUBLIC_URL,
            pads=devices.pads_port.path,
            signs=devices.signs_port.path,
            signs_baud=9600 if devices.signs_port is devices.pads_port else 57600,
            printer=devices.printer_port.path,
        )
        if data is not None:
            text = text.replace("[web]", f"data = {json.dumps(str(data))}\n[web]", 1)
        self.file.write_text(text, encoding="utf-8")
        self.config = load(self.file)
        open_log(self.config.hall.data).close()
        database = Database.of(self.config)
        tokens = Tokens(database)
        self.tokens = {role: tokens.create(f"{role} 1", role) for role in ROLES}
        database.close()
        self.clock = ScaledClock(1.0, MORNING_MS)
        self.links: dict[str, str] = {}
        """Ticket → where its slip's QR must lead."""
        self._jumps: list[tuple[int, float]] = []

    def jump(self, seconds: float) -> None:
        """Let time pass in the hall; the devices live on as before."""
        self.clock.jump(seconds)
        self._jumps.append((self.clock.mono_ns(), seconds))

    def machine_s(self, mono_ns: int) -> float:
        """The machine's monotonic time of a moment of the hall."""
        return mono_ns / 1e9 - sum(seconds for since, seconds in self._jumps if mono_ns >= since)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[OpenHall]:
        """Run the hub."""
        async with serving(self.config, self.clock) as (hub, _):
            hall = OpenHall(self, hub)
            stop = hub.devices.watch(hall.note_states)
            hall.note_states()
            try:
                yield hall
            finally:
                stop()
                await hall.close()

    def log(self) -> list[e.Recorded]:
        """All that is on disk, after the hub was closed."""
        with closing(open_log(self.config.hall.data)) as log:
            return list(log.replay())


@dataclass
class Visit:
    """One citizen at a window, from ticket to press."""

    ticket: str
    number: str
    pad: str
    press: int
    fate: str


@dataclass
class OpenHall:
    """The hub at work, and the people in the hall."""

    premises: Premises
    hub: Hub
    states: dict[str, list[str]] = field(default_factory=dict)
    """Every state that each device was seen in, in order."""
    _clients: dict[Role, httpx.AsyncClient] = field(default_factory=dict)

    @property
    def devices(self) -> Hardware:
        return self.premises.devices

    def client(self, role: Role) -> httpx.AsyncClient:
        if role not in self._clients:
            headers = {"Authorization": f"Bearer {self.premises.tokens[role]}"}
            # The server ends idle connections after 5 s: none that old is used again.
            limits = httpx.Limits(keepalive_expiry=2.0)
            self._clients[role] = httpx.AsyncClient(
                base_url=self.hub.url, headers=headers, timeout=PATIENCE_S, limits=limits
            )
        return self._clients[role]

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    # --- people

    async def take(
        self, service: str = "social", *, priority: str | None = None, kiosk: str | None = "K1"
    ) -> dict[str, Any]:
        """A citizen takes a ticket at the kiosk."""
        asked = {"service": service, "priority": priority, "kiosk": kiosk}
        order = {name: value for name, value in asked.items() if value is not None}
        answer = await self.client("device").post("/api/v1/tickets", json=order)
        assert answer.status_code == 201, answer.text
        ticket: dict[str, Any] = answer.json()
        self.premises.links[ticket["id"]] = ticket["link"]
        return ticket

    async def verb(self, window: int, verb: str, *, status: int = 200, **body: Any) -> dict[str, Any]:
        """A clerk does something at a window."""
        answer = await self.client("clerk").post(f"/api/v1/windows/{window}/{verb}", json=body or None)
        assert answer.status_code == status, f"{verb}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else {}

    async def ask(self, path: str, role: Role = "manager", **query: Any) -> Any:
        """GET something."""
        answer = await self.client(role).get(f"/api/v1/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def sign_on(self) -> None:
        """Both clerks take up duty."""
        await self.verb(3, "sign-on", clerk="1001")
        await self.verb(4, "sign-on", clerk="1002")

    async def serve(self, window: int = 3, *, service: str = "social") -> dict[str, Any]:
        """A citizen takes a ticket and is served; the evaluator is armed at the end."""
        ticket = await self.take(service, kiosk=None)
        await self.verb(window, "next")
        await self.verb(window, "finish")
        return ticket

    async def visit(self, window: int = 3, key: int = 3, *, bounce: bool = False) -> Visit:
        """A citizen is served and presses a key; returns when the device knows how that ended."""
        ticket = await self.serve(window)
        await self.quiet()
        press = self.devices.pads.press(window, key, bounce=bounce)
        fate = await self.told(window, press)
        await self.later()
        return Visit(ticket["id"], ticket["number"], f"pad-{window}", press, fate)

    async def later(self) -> None:
        """Two seconds later, when the next press of a key is no resend and no resend is under way."""
        await self.quiet()
        self.premises.jump(2)

    async def quiet(self) -> None:
        """Wait until hub and pads have said what they had to say: no citizen is quicker than that."""
        pace, talk = self.devices.pace, {"shown", "armed", "beeped", "sent"}
        await self.settled()
        asked = pace.now()

        def last() -> float:
            return next((one.at for one in reversed(list(self.devices.truth)) if one.what in talk), 0.0)

        await until(lambda: pace.now() - max(last(), asked) > QUIET_S, "quiet on the pads' line")

    async def told(self, window: int, press: int) -> str:
        """Wait until a pad's device knows how a press ended: acked, unacked."""
        return await until(lambda: self.devices.fate(f"pad-{window}", press), f"press {press} at {window}") or ""

    # --- what the hub knows

    def facts(self, *kinds: type[e.Fact]) -> list[Any]:
        """What this run of the hub has put on disk, of these kinds."""
        bus = self.hub.bus
        return [one.fact for one in bus._recent if one.seq <= bus.durable_seq and isinstance(one.fact, kinds or e.Fact)]

    async def settled(self) -> None:
        """Until all that was published is on disk and shown."""
        await self.hub.bus.durable(self.hub.bus.last_seq)
        await until(lambda: self.hub.shown.state.seq >= self.hub.bus.durable_seq, "shown")

    def state(self, device: str) -> str:
        return self.hub.devices.device(device).health().state

    async def becomes(self, device: str, *states: str) -> float:
        """Wait until a person is shown one of these states of the device; the seconds that it took."""
        began = asyncio.get_running_loop().time()
        told = self.states[device]
        await until(lambda: told[-1] in states, f"{device} {'/'.join(states)}, not {told[-1]}")
        return asyncio.get_running_loop().time() - began

    def note_states(self) -> None:
        for item in self.hub.devices.items():
            told = self.states.setdefault(item.id, [])
            if not told or told[-1] != item.state:
                told.append(item.state)

    # --- the wall

    @asynccontextmanager
    async def wall(self) -> AsyncIterator[Wall]:
        """A wall display; it repaints whenever it is told."""
        url = f"{self.hub.url.replace('http', 'ws', 1)}/api/v1/live?topic=board&after=0"
        headers = {"Authorization": f"Bearer {self.premises.tokens['device']}"}
        async with connect(url, additional_headers=headers) as socket, asyncio.TaskGroup() as tasks:
            wall = Wall()

            async def repaint() -> None:
                async for message in socket:
                    wall.board = json.loads(message)["board"]

            painting = tasks.create_task(repaint())
            await until(lambda: wall.board, "the wall's first state")
            yield wall
            painting.cancel()


@dataclass
class Wall:
    """What a wall display shows."""

    board: dict[str, Any] = field(default_factory=dict)

    @property
    def call(self) -> tuple[str, int] | None:
        """The latest call, large."""
        calls = self.board["calls"]
        return (calls[0]["number"], calls[0]["window"]) if calls else None

    def waiting(self, service: str) -> int:
        return {one["code"]: int(one["waiting"]) for one in self.board["services"]}[service]

    def window(self, number: int) -> tuple[str, str | None]:
        """A window's state and number."""
        window = next(one for one in self.board["windows"] if one["number"] == number)
        return window["state"], window["ticket"]


# --- the audit -------------------------------------------------------------------------------------------------------


@dataclass
class Audit:
    """What devices and log say of each press."""

    frames: dict[tuple[str, int], list[e.KeyPressed | e.PadKeyed]]
    """Pad and press → the facts that its frames became."""
    became: dict[str, str]
    """Press of a `KeyPressed` → its disposition."""

    def dispositions(self, pad: str, press: int) -> list[str]:
        """What became of each frame of a rating key's press."""
        return [self.became[fact.press] for fact in self.frames[pad, press] if isinstance(fact, e.KeyPressed)]

    def count(self) -> Counter[str]:
        return Counter(self.became.values())


def audit(premises: Premises) -> Audit:
    """Hold the log against what really happened at the devices; the hub must be closed.

    No press that was not made, nothing acknowledged that is not there, one rating a visit, one action a pad's key, no
    sign that showed what nobody said, no slip of a ticket that is none, none twice without its mark, and a chain that
    holds.
    """
    devices = premises.devices
    log = premises.log()
    _check_chain(premises)
    frames = _matched(premises, log)
    became = _outcomes(log)
    found = Audit(frames, became)
    for happened in devices.truth.of("acked"):
        _check_stored(premises, happened, [fact for facts in frames.values() for fact in facts])
    for (pad, press), facts in frames.items():
        assert found.dispositions(pad, press).count("rating") <= 1
        assert sum(fact.done for fact in facts if isinstance(fact, e.PadKeyed)) <= 1
    _check_ratings(log)
    _check_signs(premises, log)
    _check_slips(premises, log)
    return found


def _check_chain(premises: Premises) -> None:
    with closing(Database.of(premises.config)) as database:
        verdict = verify(database)
    assert verdict.bad_seq is None, verdict


def _matched(premises: Premises, log: list[e.Recorded]) -> dict[tuple[str, int], list[e.KeyPressed | e.PadKeyed]]:
    """Find for each frame in the log the sending that it was; a frame that nobody sent then is a false press."""
    sendings: dict[bytes, list[tuple[float, str, int]]] = {}
    for one in premises.devices.truth.of("sent"):
        raw, press = one.detail["raw"], one.detail["press"]
        assert isinstance(raw, bytes)
        assert isinstance(press, int)
        sendings.setdefault(raw, []).append((premises.devices.machine_s(one), one.device, press))
    frames: dict[tuple[str, int], list[e.KeyPressed | e.PadKeyed]] = {}
    for recorded in log:
        fact = recorded.fact
        if not isinstance(fact, e.KeyPressed | e.PadKeyed):
            continue
        heard = premises.machine_s(fact.received_ns)
        before = [one for one in sendings.get(bytes.fromhex(fact.raw), ()) if heard - LATEST_S <= one[0] <= heard]
        assert before, f"a press that was not made: {fact}"
        sending = max(before)
        sendings[bytes.fromhex(fact.raw)].remove(sending)
        frames.setdefault(sending[1:], []).append(fact)
    return frames


def _check_stored(premises: Premises, acked: Happened, facts: list[e.KeyPressed | e.PadKeyed]) -> None:
    """What a device was told is stored was heard in time: its own frame, or that of its twin on the same address."""
    devices, press = premises.devices, acked.detail["press"]
    sent = [one for one in devices.truth.of("sent", acked.device) if one.detail["press"] == press]
    raw = sent[0].detail["raw"]
    assert isinstance(raw, bytes)
    heard = [premises.machine_s(fact.received_ns) for fact in facts if fact.raw == raw.hex()]
    first, last = devices.machine_s(sent[0]), devices.machine_s(acked)
    assert any(first <= at <= last for at in heard), f"acknowledged but not stored: {acked}"


def _outcomes(log: list[e.Recorded]) -> dict[str, str]:
    """What became of each rating key's frame, which is said right after it."""
    became: dict[str, str] = {}
    for one, after in zip(log, [*log[1:], None], strict=True):
        if isinstance(one.fact, e.KeyPressed):
            assert after is not None
            assert isinstance(after.fact, e.RatingRecorded | e.PressUnmatched)
            assert after.fact.press == one.fact.press
            became[one.fact.press] = getattr(after.fact, "disposition", "rating")
    return became


def _check_ratings(log: list[e.Recorded]) -> None:
    keys = {one.fact.press: one.fact.key for one in log if isinstance(one.fact, e.KeyPressed)}
    ratings = [one.fact for one in log if isinstance(one.fact, e.RatingRecorded)]
    assert len(ratings) == len({rating.ticket for rating in ratings}), "a visit rated twice"
    assert all(rating.level == LEVELS[keys[rating.press]] for rating in ratings)


def _check_signs(premises: Premises, log: list[e.Recorded]) -> None:
    numbers = [one.fact.number for one in log if isinstance(one.fact, e.TicketIssued)]
    sayable = {
        step.text
        for window, name in WINDOWS.items()
        for state in ("closed", "idle", "called", "serving", "rating", "paused")
        for number in (None, *numbers)
        for step in steps(SignView(window, name, state, number, SIGN_SIZE))
    }
    shown = {one.detail["text"] for one in premises.devices.truth.of("updated")}
    assert shown <= sayable


def _check_slips(premises: Premises, log: list[e.Recorded]) -> None:
    """Nobody else's number beside a code, no code twice unless marked, and what is said to be printed lies there."""
    issued = [one.fact for one in log if isinstance(one.fact, e.TicketIssued)]
    urls = {ticket.ticket: f"{PUBLIC_URL}/r/{ticket.code}" for ticket in issued}
    numbers = {urls[ticket.ticket]: ticket.number for ticket in issued}
    assert premises.links.items() <= urls.items()
    printed: Counter[str] = Counter()
    for slip in premises.devices.truth.of("printed"):
        text = str(slip.detail["text"])
        for code in str(slip.detail["qr"]).split():
            printed[code] += "补打" not in text
            assert numbers[code] in text
    assert set(printed.values()) <= {0, 1}, "a slip printed twice"
    assert {urls[one.fact.ticket] for one in log if isinstance(one.fact, e.SlipPrinted)} <= set(printed)
