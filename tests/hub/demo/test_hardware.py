"""The demo's devices, met through the ports that a program opens."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from drivers.keypad.emulator import CALL
from hub.demo.hardware import Hardware, plugged
from hub.demo.town import make_town


def path_of(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def line_of(hardware: Hardware, window: int) -> int:
    """The opened port of the window's line."""
    path = next(path_of(url) for url, windows in hardware.ports.pads.items() if window in windows)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)


async def heard(descriptor: int, size: int) -> bytes:
    loop, come, got = asyncio.get_running_loop(), asyncio.Event(), bytearray()

    def read() -> None:
        got.extend(os.read(descriptor, 64))
        if len(got) >= size:
            come.set()

    loop.add_reader(descriptor, read)
    try:
        async with asyncio.timeout(10):
            await come.wait()
    finally:
        loop.remove_reader(descriptor)
    return bytes(got)


async def acknowledged(hardware: Hardware) -> None:
    """Let the loop carry the acknowledgement to the pad."""
    for _ in range(1000):
        if not hardware.busy:
            return
        await asyncio.sleep(0.01)
    pytest.fail("not acknowledged within ten seconds")


@pytest.mark.parametrize("speed", [60, 1000])
async def test_press_is_on_the_wire_and_done_once_acknowledged(tmp_path: Path, speed: float) -> None:
    with plugged(make_town(8, 1), tmp_path / "a folder", speed=speed, seed=1) as hardware:
        descriptor = line_of(hardware, 6)
        try:
            assert hardware.press(6, 3) == 1
            assert (await heard(descriptor, 10)).hex(" ") == "ff 68 03 03 68 06 11 03 1a 16"
            assert hardware.busy
            os.write(descriptor, bytes.fromhex("ff 68 03 03 68 06 01 03 0a 16"))
            await acknowledged(hardware)
            assert hardware.key(6, CALL) == 2
            assert (await heard(descriptor, 10)).hex(" ") == "ff 68 03 03 68 06 01 0c 13 16"
        finally:
            os.close(descriptor)
        assert hardware.overruns == 0


async def test_two_pads_pressed_at_once_are_both_heard_whole(tmp_path: Path) -> None:
    with plugged(make_town(8, 1), tmp_path, speed=300, seed=1) as hardware:
        descriptor = line_of(hardware, 1)
        try:
            hardware.press(1, 3)
            hardware.press(2, 0)
            frames = await heard(descriptor, 20)
        finally:
            os.close(descriptor)
    assert sorted(frames[at : at + 10].hex(" ") for at in (0, 10)) == [
        "ff 68 03 03 68 01 11 03 15 16",
        "ff 68 03 03 68 02 11 00 13 16",
    ]


async def test_ports_are_stable_names_and_gone_in_the_end(tmp_path: Path) -> None:
    with plugged(make_town(20, 1), tmp_path, speed=60, seed=1) as hardware:
        ports = [*hardware.ports.pads, *hardware.ports.signs, *hardware.ports.printers.values()]
        assert all(path_of(url).is_symlink() for url in ports)
        assert len(hardware.ports.pads) == 5
        assert set(hardware.ports.printers) == {"K1", "K2"}
        assert sorted(number for windows in hardware.ports.signs.values() for number in windows) == [*range(1, 21)]
    assert names_in(tmp_path) == []


async def test_small_hall_has_two_lines_too(tmp_path: Path) -> None:
    with plugged(make_town(2, 1), tmp_path, speed=60, seed=1) as hardware:
        assert list(hardware.ports.pads.values()) == [(1,), (2,)]
