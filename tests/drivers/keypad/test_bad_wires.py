"""The real driver on real ptys, over every kind of bad wire: no press is lost, none is made up."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from drivers import link, registry
from drivers.bus import Bus
from drivers.keypad import Keypads, RatingKey
from drivers.keypad.protocols import ff68
from drivers.registry import Session, Settings
from tests.ptys import Pty
from tests.wires import KINDS, BadWire

ADDRESSES = tuple(range(1, 16))
RESEND_S = 0.08
MADE = [ff68.frame(address, 0x11, bytes((address % 4,))) for address in ADDRESSES]


@pytest.fixture
def line() -> Iterator[Pty]:
    port = Pty.plug()
    yield port
    port.unplug()


async def press_until_acknowledged(line: Pty, frame: bytes, answer: bytes) -> None:
    """What an evaluator does: send, wait, send again."""
    heard = bytearray()
    arrived = asyncio.Event()

    def read() -> None:
        heard.extend(os.read(line.device, 4096))
        if answer in heard:
            arrived.set()

    loop = asyncio.get_running_loop()
    loop.add_reader(line.device, read)
    try:
        while not arrived.is_set():
            os.write(line.device, frame)
            try:
                async with asyncio.timeout(RESEND_S):
                    await arrived.wait()
            except TimeoutError:
                continue
    finally:
        loop.remove_reader(line.device)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_press_is_stored_and_acknowledged_and_nothing_else_is(kind: str, line: Pty, tmp_path: Path) -> None:
    stored: list[bytes] = []
    keypads: list[Keypads] = []

    async def store(event: RatingKey) -> None:
        stored.append(event.raw)
        await keypads[0].acknowledge(event)

    def attach(bus: Bus) -> list[Session]:
        session = registry.load("keypad.ff68").open(bus, Settings("line-1", ADDRESSES), store)
        keypads.append(session)  # type: ignore[arg-type]
        return [session]

    wire = BadWire(Path(line.path), tmp_path / "port", KINDS[kind], seed=4)
    async with wire, asyncio.TaskGroup() as tasks:
        url = f"serial://{wire.path}?baud=115200"
        keeping = tasks.create_task(link.keep(url, attach, lambda _report: None, random=Random(1)))
        for frame in MADE:
            body = frame[:6] + b"\x01" + frame[7:8]
            await press_until_acknowledged(line, frame, body + bytes((sum(body[5:]) % 256, 0x16)))
        keeping.cancel()
    assert list(dict.fromkeys(stored)) == MADE
    if kind == "good":
        assert stored == MADE
