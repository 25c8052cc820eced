"""The ports, on real ptys and sockets, under both loops where it matters."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import termios
import tty
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvloop

from drivers.emulation.clock import Pace
from drivers.emulation.ports import PtyPort, TcpPort
from drivers.emulation.truth import Truth
from drivers.emulation.wire import Wire
from drivers.keypad.emulator import Keypads
from tests.wires import KINDS, BadWire, Host, spoil

RATING_1 = bytes.fromhex("FF 68 03 03 68 03 11 01 15 16")  # devices.md §3.1
RATING_1_ACK = bytes.fromhex("FF 68 03 03 68 03 01 01 05 16")


class Program:
    """A program that has the port open."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd, termios.TCSANOW)  # the default throws away what waits in the line
        self.heard = bytearray()
        self.ended = False
        self.reads = 0
        asyncio.get_running_loop().add_reader(self.fd, self._read)

    def _read(self) -> None:
        data = os.read(self.fd, 4096)
        self.heard += data
        self.reads += 1
        if not data:
            self.ended = True
            asyncio.get_running_loop().remove_reader(self.fd)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.fd)
        os.close(self.fd)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what comes through a pty sets no event of ours
            await asyncio.sleep(0.001)


async def ended(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


async def write_until_full(fd: int, most: int) -> int:
    written = 0
    while written < most:
        try:
            written += os.write(fd, b"x" * 1000)
        except BlockingIOError:
            break
        await asyncio.sleep(0)
    return written


@pytest.fixture
async def wire() -> Wire:
    return Wire(Pace(scale=50), baud=9600)


@pytest.fixture
async def port(wire: Wire, tmp_path: Path) -> AsyncIterator[PtyPort]:
    port = PtyPort(wire, tmp_path / "dev" / "pads")
    port.plug()
    yield port
    port.unplug()


async def test_bytes_go_both_ways_through_the_path(wire: Wire, port: PtyPort) -> None:
    device, program = Host(wire), Program(port.path)
    os.write(program.fd, b"hello device")
    await until(lambda: device.heard == b"hello device")
    device.send(b"hello hub")
    await until(lambda: program.heard == b"hello hub")
    program.close()


async def test_what_the_device_says_while_the_program_is_away_waits_in_the_tty(wire: Wire, port: PtyPort) -> None:
    device = Host(wire)
    device.send(b"early")
    await until(lambda: not device.station.backlog)
    program = Program(port.path)
    await until(lambda: program.heard == b"early")
    program.close()


async def test_the_program_may_come_and_go(wire: Wire, port: PtyPort) -> None:
    device = Host(wire)
    for word in (b"one", b"two", b"three"):
        program = Program(port.path)
        os.write(program.fd, word)
        await until(lambda expected=word: device.heard.endswith(expected))
        program.close()
    assert device.heard == b"onetwothree"


async def test_unplugging_ends_the_programs_reads_and_takes_the_path_away(port: PtyPort) -> None:
    program = Program(port.path)
    port.unplug()
    assert not port.path.is_symlink()
    await until(lambda: program.ended)
    with pytest.raises(OSError, match="Input/output error"):
        os.write(program.fd, b"x")
    program.close()
    with pytest.raises(RuntimeError, match="plug"):
        _ = port.station


async def test_replugging_leads_the_same_path_to_a_new_pty(wire: Wire, port: PtyPort) -> None:
    device, before = Host(wire), Program(port.path)
    port.unplug()
    port.plug()
    port.plug()
    after = Program(port.path)
    device.send(b"back again")
    await until(lambda: after.heard == b"back again")
    assert before.heard == b""
    before.close()
    after.close()


async def test_a_port_with_echo_hears_its_own_bytes(tmp_path: Path) -> None:
    wire = Wire(Pace(scale=50))
    port = PtyPort(wire, tmp_path / "echoing", echo=True)
    port.plug()
    program = Program(port.path)
    os.write(program.fd, b"who is there")
    await until(lambda: program.heard == b"who is there")
    program.close()
    port.unplug()


async def test_the_line_is_paced_by_the_scale(tmp_path: Path) -> None:
    pace = Pace(scale=20)
    wire = Wire(pace, baud=9600)
    port = PtyPort(wire, tmp_path / "paced")
    port.plug()
    device, program = Host(wire), Program(port.path)
    began = pace.now()
    os.write(program.fd, b"\x00" * 1920)
    await until(lambda: len(device.heard) == 1920)
    # 1920 bytes at 9600 8N1 are 2.0 s on the wire, whatever the loop was doing meanwhile.
    assert 1.99 <= device.times[-1] - began <= 4.0
    assert pace.now() >= device.times[-1] - 1e-6
    program.close()
    port.unplug()


async def test_a_device_that_holds_the_line_makes_the_programs_writes_back_up(wire: Wire, port: PtyPort) -> None:
    printer, program = Host(wire), Program(port.path)
    wire.hold(printer.station, held=True)
    written = await write_until_full(program.fd, 1_000_000)
    assert written < 100_000
    assert printer.heard == b""
    wire.hold(printer.station, held=False)
    await until(lambda: len(printer.heard) == written)
    program.close()


async def test_a_program_that_never_reads_loses_bytes_but_nobody_blocks(tmp_path: Path) -> None:
    wire = Wire(Pace(), baud=None)
    port = PtyPort(wire, tmp_path / "deaf")
    port.plug()
    device = Host(wire)
    for _ in range(300):
        device.send(b"x" * 1000)
        await asyncio.sleep(0)
    await until(lambda: not device.station.backlog)
    assert 0 < port.overruns < 300_000
    port.unplug()


async def test_the_programs_speed_is_seen_on_the_pty(port: PtyPort) -> None:
    program = Program(port.path)
    settings = termios.tcgetattr(program.fd)
    settings[4] = settings[5] = termios.B19200
    termios.tcsetattr(program.fd, termios.TCSANOW, settings)
    assert port.program_baud == 19200
    program.close()


async def test_tcp_carries_bytes_both_ways_and_turns_a_second_program_away() -> None:
    wire = Wire(Pace(), baud=None, half_duplex=False)
    port = TcpPort(wire)
    await port.plug()
    device = Host(wire)
    reader, writer = await asyncio.open_connection("127.0.0.1", port.number)
    writer.write(b"ping")
    await until(lambda: device.heard == b"ping")
    device.send(b"pong")
    assert await reader.readexactly(4) == b"pong"
    second, second_writer = await asyncio.open_connection("127.0.0.1", port.number)
    assert await ended(second)
    second_writer.close()
    device.send(b"still there")
    assert await reader.readexactly(11) == b"still there"
    writer.close()
    await port.unplug()


async def test_tcp_unplugged_refuses_and_comes_back_on_the_same_number() -> None:
    wire = Wire(Pace(), baud=None, half_duplex=False)
    port = TcpPort(wire)
    await port.plug()
    reader, writer = await asyncio.open_connection("127.0.0.1", port.number)
    await until(lambda: port.station is not None)
    await port.unplug()
    assert await ended(reader)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port.number)
    await port.plug()
    _, again = await asyncio.open_connection("127.0.0.1", port.number)
    writer.close()
    again.close()
    await port.unplug()


async def test_tcp_pushes_back_when_the_device_holds() -> None:
    wire = Wire(Pace(), baud=None, half_duplex=False)
    port = TcpPort(wire)
    await port.plug()
    device = Host(wire)
    wire.hold(device.station, held=True)
    _, writer = await asyncio.open_connection("127.0.0.1", port.number)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)  # the kernel's is megabytes
    writer.write(b"x" * 2_000_000)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await writer.drain()
    wire.hold(device.station, held=False)
    await until(lambda: len(device.heard) == 2_000_000)
    writer.close()
    await port.unplug()


async def _rate_once(folder: Path) -> list[str]:
    pace = Pace(scale=20, patience_s=0.2)
    wire = Wire(pace, seed=1)
    port = PtyPort(wire, folder / "line")
    port.plug()
    truth = Truth(pace)
    pads = Keypads(wire, truth=truth)
    pads.add(3)
    program = Program(port.path)
    pads.press(3, 1)
    await until(lambda: program.heard.startswith(RATING_1))
    os.write(program.fd, RATING_1_ACK)
    await until(lambda: bool(truth.of("acked")))
    program.close()
    port.unplug()
    return [one.what for one in truth if one.what != "sent"]


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_press_is_acknowledged_under_either_loop(
    loop: Callable[[], asyncio.AbstractEventLoop], tmp_path: Path
) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(_rate_once(tmp_path)) == ["pressed", "acked"]


async def test_a_fast_pace_is_patient_with_the_host() -> None:
    assert Pace(scale=300, patience_s=0.1).patience(0.2) == pytest.approx(30)
    assert Pace(scale=1, patience_s=0.1).patience(0.2) == pytest.approx(0.2)
    assert Pace(scale=300).host_s(60) == pytest.approx(60)
    assert Pace(scale=300, host_scale=1).host_s(60) == pytest.approx(18_000)
    with pytest.raises(ValueError, match="more than 0"):
        Pace(scale=0)


@pytest.mark.parametrize("kind", ["good", "bytewise", "late"])
async def test_a_wire_that_only_splits_or_delays_carries_every_byte_in_order(
    kind: str, wire: Wire, port: PtyPort, tmp_path: Path
) -> None:
    device = Host(wire)
    async with BadWire(port.path, tmp_path / "bad", KINDS[kind], seed=2) as bad:
        program = Program(bad.path)
        os.write(program.fd, bytes(range(200)))
        await until(lambda: len(device.heard) == 200)
        device.send(bytes(range(200, 256)))
        await until(lambda: len(program.heard) == 56)
        assert (device.heard, program.heard) == (bytes(range(200)), bytes(range(200, 256)))
        program.close()


async def test_a_bytewise_wire_breaks_a_frame_into_many_reads(wire: Wire, port: PtyPort, tmp_path: Path) -> None:
    device = Host(wire)
    async with BadWire(port.path, tmp_path / "bad", KINDS["bytewise"]) as bad:
        program = Program(bad.path)
        device.send(b"one by one")
        await until(lambda: program.heard == b"one by one")
        assert program.reads > 3
        program.close()


def test_lossy_doubling_and_noisy_wires_do_that_and_the_same_again_with_the_seed() -> None:
    data = bytes(range(256)) * 20
    arrived = {kind: spoil(data, KINDS[kind], random.Random(3)) for kind in ("lossy", "doubling", "noisy")}
    assert len(arrived["lossy"]) < len(data) < min(len(arrived["doubling"]), len(arrived["noisy"]))
    for kind, bytes_ in arrived.items():
        assert spoil(data, KINDS[kind], random.Random(3)) == bytes_
    assert spoil(data, KINDS["good"], random.Random(3)) == data


async def test_pulling_the_devices_port_out_leaves_the_bad_wire_standing(
    wire: Wire, port: PtyPort, tmp_path: Path
) -> None:
    Host(wire)
    async with BadWire(port.path, tmp_path / "bad", KINDS["good"]) as bad:
        program = Program(bad.path)
        port.unplug()
        os.write(program.fd, b"into the void")
        await asyncio.sleep(0.02)
        program.close()
    assert not bad.path.is_symlink()
