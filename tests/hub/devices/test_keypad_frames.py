"""What becomes of the frames of keypads and pads: stored, then acknowledged."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import structlog

from drivers.errors import LinkLost
from drivers.keypad import PadKey, RatingKey
from hub.devices.keypads import PAD_VERBS, KeypadDesk
from hub.domain.events import KeyPressed, PadKeyed, RatingRecorded, TicketCalled
from tests.hub.devices.rooms import Room, at_work, room, until

LEVELS = {0: 2, 1: 3, 2: 4, 3: 5}
WINDOWS = {3: 1, 4: 2, 9: 77}
NEXT = b"\x0c"


@dataclass
class FakePads:
    """Writes down what it is told; `lost` says whether its line is."""

    room: Room
    lost: bool = False
    told: list[str] = field(default_factory=list)
    durable_at_ack: list[int] = field(default_factory=list)

    async def acknowledge(self, event: RatingKey | PadKey) -> None:
        self._say(f"ack {event.address} {event.raw.hex()}")
        self.durable_at_ack.append(self.room.bus.durable_seq)

    async def beep(self, address: int, *, times: int = 1) -> None:
        self._say(f"beep {address} × {times}")

    async def arm(self, address: int) -> None:
        self._say(f"arm {address}")

    async def disarm(self, address: int) -> None:
        raise NotImplementedError

    async def show(self, address: int, *, waiting: int | None, ticket: str | None) -> None:
        self._say(f"show {address}: {waiting} {ticket}")

    def _say(self, text: str) -> None:
        if self.lost:
            raise LinkLost("serial:///dev/pads", "unplugged")
        self.told.append(text)

    def of(self, what: str) -> list[str]:
        return [text for text in self.told if text.startswith(what)]


@dataclass
class Desk:
    """A room with a desk and its pads."""

    room: Room
    desk: KeypadDesk
    pads: FakePads

    def rated(self, key: int = 1, address: int = 3, raw: bytes = b"\xff\x01") -> RatingKey:
        self.room.clock.advance(2)
        return RatingKey(address, key, raw, self.room.clock.mono_ns() / 1e9, uncertainty_s=0.0425, device_ms=17)

    def keyed(self, keys: bytes = NEXT, address: int = 3) -> PadKey:
        self.room.clock.advance(2)
        return PadKey(address, keys, b"\xfe" + keys, self.room.clock.mono_ns() / 1e9)


@asynccontextmanager
async def desk(folder: Path, *, connected: bool = True) -> AsyncIterator[Desk]:
    async with room(folder) as here:
        desk = KeypadDesk("line-1", WINDOWS, LEVELS, here.hall, here.shown, here.bus)
        pads = FakePads(here)
        if not connected:
            yield Desk(here, desk, pads)
            return
        async with at_work(desk.run(pads)):
            await until(lambda: len(pads.of("show")) == 2)
            yield Desk(here, desk, pads)


async def test_press_is_acknowledged_once_it_is_durable(tmp_path: Path) -> None:
    async with desk(tmp_path) as line:
        for n in range(20):
            await line.desk.received(line.rated(raw=bytes([n])))
        pressed = [one.seq for one in line.room.run.log() if isinstance(one.fact, KeyPressed)]
        assert line.pads.of("ack") == [f"ack 3 {n:02x}" for n in range(20)]
        assert len(pressed) == 20
        assert all(durable > seq for durable, seq in zip(line.pads.durable_at_ack, pressed, strict=True))


async def test_press_is_stored_with_all_that_the_wire_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as line:
        event = line.rated(key=3, address=4, raw=b"\xab\xcd")
        await line.desk.received(event)
        (pressed,) = await line.room.facts(KeyPressed)
        assert (pressed.device, pressed.address, pressed.window, pressed.key, pressed.level) == ("line-1", 4, 2, 3, 5)
        assert (pressed.raw, pressed.uncertainty_ms, pressed.device_ms) == ("abcd", 42, 17)
        assert pressed.received_ns == line.room.clock.mono_ns()


@pytest.mark.parametrize(("key", "address", "level", "window"), [(9, 3, None, 1), (1, 5, None, None), (1, 9, 3, 77)])
async def test_press_of_an_unknown_key_or_address_is_stored_and_acknowledged_too(
    key: int, address: int, level: int | None, window: int | None, tmp_path: Path
) -> None:
    async with desk(tmp_path) as line:
        await line.desk.received(line.rated(key, address))
        (pressed,) = await line.room.facts(KeyPressed)
        assert (pressed.level, pressed.window) == (level, window)
        assert len(line.pads.of("ack")) == 1


async def test_citizen_who_was_asked_rates_the_visit(tmp_path: Path) -> None:
    async with desk(tmp_path) as line:
        await line.room.serve(1)
        await until(lambda: line.pads.of("arm") == ["arm 3"])
        await line.desk.received(line.rated(key=2))
        (rating,) = await line.room.facts(RatingRecorded)
        assert (rating.window, rating.level) == (1, 4)


async def test_pads_finish_leaves_the_arming_to_the_pad(tmp_path: Path) -> None:
    async with desk(tmp_path) as line:
        await line.room.hall.sign_on(1, "1001", by="test")
        await line.room.hall.issue_ticket("social", by="test")
        for keys in (NEXT, b"\x0b"):
            await line.desk.received(line.keyed(keys))
        await line.room.serve(2)
        await until(lambda: line.pads.of("arm"))
        assert line.pads.of("arm") == ["arm 4"]
        assert line.pads.of("beep") == []


async def test_pads_key_that_is_obeyed_is_acknowledged_without_a_beep(tmp_path: Path) -> None:
    async with desk(tmp_path) as line:
        await line.room.hall.issue_ticket("social", by="test")
        await line.desk.received(line.keyed())
        assert [fact.window for fact in await line.room.facts(TicketCalled)] == [1]
        assert line.pads.of("ack") == ["ack 3 fe0c"]
        assert line.pads.of("beep") == []


@pytest.mark.parametrize(("keys", "address"), [(NEXT, 3), (b"\x0d", 3), (b"\x13", 3), (NEXT, 5), (NEXT, 9)])
async def test_refusal_is_acknowledged_and_beeps_twice(keys: bytes, address: int, tmp_path: Path) -> None:
    async with desk(tmp_path) as line:
        await line.desk.received(line.keyed(keys, address))
        (keyed,) = await line.room.facts(PadKeyed)
        assert not keyed.done
        assert line.pads.told[-2:] == [f"ack {address} fe{keys.hex()}", f"beep {address} × 2"]


async def test_key_without_a_meaning_is_stored_and_acknowledged(tmp_path: Path) -> None:
    async with desk(tmp_path) as line:
        await line.desk.received(line.keyed(b"\x0e"))
        (keyed,) = await line.room.facts(PadKeyed)
        assert (keyed.raw, keyed.verb) == ("fe0e", None)
        assert len(line.pads.of("ack")) == 1


def test_every_pad_key_of_the_contract_has_its_verb() -> None:
    # interfaces.md, "FF68 pad keys"
    contract = {
        "0C": "next",
        "0D": "recall",
        "0B": "finish",
        "06 0F": "miss",
        "00 0F": "hold",
        "03 0F": "take-back",
        "12": "pause",
        "13": "transfer",
        "11": "announce",
    }
    assert {bytes.fromhex(keys): verb for keys, verb in contract.items()} == PAD_VERBS


async def test_full_disk_takes_the_acknowledgement_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path) as line:
        before = line.room.bus.last_seq
        with monkeypatch.context() as full, structlog.testing.capture_logs() as logged:
            full.setattr(line.room.bus, "trouble", "disk full")
            full.setattr(line.room.bus, "_pending_most", 0)
            for event in (line.rated(raw=b"\xaa"), line.keyed()):
                await line.desk.received(event)
        assert line.pads.of("ack") == []
        assert line.pads.of("beep") == []
        assert [(one["event"], one["raw"]) for one in logged] == [
            ("press.not_stored", "aa"),
            ("press.not_stored", "fe0c"),
        ]
        assert line.room.bus.last_seq == before
        await line.desk.received(line.rated(raw=b"\xaa"))
        assert line.pads.of("ack") == ["ack 3 aa"]


async def test_line_that_is_lost_before_the_acknowledgement_keeps_the_press(tmp_path: Path) -> None:
    async with desk(tmp_path) as line:
        line.pads.lost = True
        await line.desk.received(line.rated())
        await line.desk.received(line.keyed())
        assert len(await line.room.facts(KeyPressed)) == 1
        assert len(await line.room.facts(PadKeyed)) == 1


async def test_frame_that_outlives_its_connection_is_stored(tmp_path: Path) -> None:
    async with desk(tmp_path, connected=False) as line:
        await line.desk.received(line.rated())
        assert len(await line.room.facts(KeyPressed)) == 1
        assert line.pads.told == []


async def test_evaluator_is_armed_when_the_line_is_back_while_the_citizen_is_asked(tmp_path: Path) -> None:
    async with desk(tmp_path, connected=False) as line:
        async with at_work(line.desk.run(line.pads)) as running:
            await until(lambda: len(line.pads.of("show")) == 2)
            line.pads.lost = True
            await line.room.serve(1)
            await until(running.done)
            assert isinstance(running.exception(), LinkLost)
        line.pads.lost = False
        line.pads.told.clear()
        async with at_work(line.desk.run(line.pads)):
            await until(lambda: len(line.pads.of("show")) == 2)
        assert line.pads.told[0] == "arm 3"


async def test_evaluator_is_not_armed_for_a_visit_that_is_over(tmp_path: Path) -> None:
    async with desk(tmp_path, connected=False) as line:
        line.pads.lost = True
        async with at_work(line.desk.run(line.pads)) as running:
            await line.room.serve(1)
            await until(running.done)
            assert isinstance(running.exception(), LinkLost)
        line.room.clock.advance(61)
        line.room.hall.settle()
        await until(lambda: line.room.shown.state.seq == line.room.bus.last_seq)
        line.pads.lost = False
        async with at_work(line.desk.run(line.pads)):
            await until(lambda: len(line.pads.of("show")) == 2)
        assert line.pads.of("arm") == []


async def test_display_shows_who_waits_and_the_numbers_last_three_digits(tmp_path: Path) -> None:
    async with desk(tmp_path) as line:
        assert line.pads.told == ["show 3: 0 None", "show 4: 0 None"], "a window that is none has no display"
        await line.room.hall.sign_on(1, "1001", by="test")
        for _ in range(2):
            await line.room.hall.issue_ticket("social", by="test")
        await line.room.hall.call_next(1, by="test")
        await until(lambda: "show 3: 1 001" in line.pads.told)
        assert len(line.pads.told) == len(set(line.pads.told)), "said again though nothing changed"
