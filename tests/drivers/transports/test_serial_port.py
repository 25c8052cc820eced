"""A serial port over a pty, on both event loops."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path

import pytest

from drivers.errors import LinkLost, PortBusy, PortDenied, PortMissing
from drivers.events import Chunk
from drivers.transports import open_transport
from drivers.transports.serial_port import open_error
from tests.ptys import Pty

PRESS = bytes.fromhex("FF 68 03 03 68 03 11 01 15 16")


async def test_bytes_go_both_ways_unchanged(pty: Pty) -> None:
    port = await open_transport(pty.url)
    every_byte = bytes(range(256))
    await port.send(every_byte)
    assert pty.take(256) == every_byte
    os.write(pty.device, every_byte)
    heard = b""
    while len(heard) < 256:
        heard += (await port.receive()).data
    assert heard == every_byte
    await port.aclose()


async def test_chunk_is_stamped_when_it_is_read(pty: Pty) -> None:
    times = iter([12.5])
    port = await open_transport(pty.url, clock=lambda: next(times))
    os.write(pty.device, PRESS)
    assert await port.receive() == Chunk(PRESS, 12.5)
    await port.aclose()


async def test_a_frame_that_waits_in_the_line_survives_the_open(pty: Pty) -> None:
    os.write(pty.device, PRESS)
    port = await open_transport(pty.url)
    assert (await port.receive()).data == PRESS
    await port.aclose()


async def test_second_open_of_one_port_is_busy(pty: Pty) -> None:
    first = await open_transport(pty.url)
    with pytest.raises(PortBusy, match="another program holds the port"):
        await open_transport(pty.url)
    await first.aclose()
    again = await open_transport(pty.url)
    await again.aclose()


async def test_port_may_be_shared_where_the_options_say_so(pty: Pty) -> None:
    first = await open_transport(f"{pty.url}?exclusive=false")
    second = await open_transport(f"{pty.url}?exclusive=false")
    await first.aclose()
    await second.aclose()


async def test_port_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PortMissing, match="plugged in"):
        await open_transport(f"serial://{tmp_path}/ttyUSB9")


async def test_file_that_is_no_port_is_missing(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no port")
    with pytest.raises(PortMissing, match="no usable serial port"):
        await open_transport(f"serial://{tmp_path}/notes")


async def test_port_without_the_right_to_open_it_is_denied(tmp_path: Path) -> None:
    port = tmp_path / "tty"
    port.write_bytes(b"")
    port.chmod(0)
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(PortDenied, match="dialout"):
            await open_transport(f"serial://{port}")
    finally:
        os.seteuid(was)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errno.EBUSY, PortBusy),
        (errno.EAGAIN, PortBusy),
        (errno.EPERM, PortDenied),
        (errno.ENODEV, PortMissing),
        (errno.EIO, PortMissing),
    ],
)
def test_refusal_of_the_system_gets_its_name(code: int, expected: type[Exception]) -> None:
    assert type(open_error("serial:///dev/x", OSError(code, os.strerror(code)))) is expected


async def test_unplugged_port_loses_the_link_of_who_waits(pty: Pty) -> None:
    port = await open_transport(pty.url)
    waiting = asyncio.gather(port.receive(), return_exceptions=True)
    await asyncio.sleep(0)
    pty.unplug()
    (lost,) = await waiting
    assert isinstance(lost, LinkLost)
    with pytest.raises(LinkLost):
        await port.send(b"x")
    await port.aclose()


async def test_bytes_before_the_unplugging_are_still_heard(pty: Pty) -> None:
    heard: list[bytes] = []
    port = await open_transport(pty.url)
    os.write(pty.device, PRESS)
    with pytest.raises(LinkLost):
        await port.pump(lambda chunk: (heard.append(chunk.data), pty.unplug())[0])
    assert heard == [PRESS]
    await port.aclose()


async def test_pump_hands_chunks_over_without_a_task_switch(pty: Pty) -> None:
    tasks: list[asyncio.Task[object] | None] = []
    port = await open_transport(pty.url)
    os.write(pty.device, PRESS)

    def receiver(_chunk: Chunk) -> None:
        tasks.append(asyncio.current_task())
        pty.unplug()

    with pytest.raises(LinkLost):
        await port.pump(receiver)
    assert tasks == [None]
    await port.aclose()


async def test_what_the_receiver_raises_comes_out_of_the_pump(pty: Pty) -> None:
    port = await open_transport(pty.url)
    os.write(pty.device, PRESS)

    def receiver(_chunk: Chunk) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await port.pump(receiver)
    await port.aclose()


async def test_cancelled_receive_loses_no_byte(pty: Pty) -> None:
    port = await open_transport(pty.url)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await port.receive()
    os.write(pty.device, PRESS)
    assert (await port.receive()).data == PRESS
    await port.aclose()


async def test_only_one_may_read(pty: Pty) -> None:
    port = await open_transport(pty.url)
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(port.receive())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="only one may read"):
            await port.receive()
        os.write(pty.device, PRESS)
    assert first.result().data == PRESS
    await port.aclose()


async def test_send_waits_while_nobody_reads_and_loses_nothing(pty: Pty) -> None:
    port = await open_transport(pty.url)
    long = bytes(range(256)) * 400
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(port.send(long))
        following = tasks.create_task(port.send(b"end"))
        for _ in range(3):
            await asyncio.sleep(0)
        assert not sending.done()
        got = await asyncio.to_thread(pty.take, len(long) + 3)
    assert got == long + b"end"
    assert following.done()
    await port.aclose()


async def test_closing_ends_who_waits_and_may_be_done_twice(pty: Pty) -> None:
    port = await open_transport(pty.url)
    async with asyncio.TaskGroup() as tasks:
        waiting = [
            tasks.create_task(refused(port.receive())),
            tasks.create_task(refused(port.send(bytes(200_000)))),
        ]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await port.aclose()
        await port.aclose()
    assert [str(task.result()) for task in waiting] == [f"{pty.url}: closed"] * 2
    for after in (port.receive(), port.send(b"x"), port.pump(lambda _chunk: None)):
        assert isinstance(await refused(after), LinkLost)


async def refused(what: object) -> LinkLost:
    with pytest.raises(LinkLost) as lost:
        await what  # type: ignore[misc]
    return lost.value


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_descriptors_do_not_leak(pty: Pty) -> None:
    open_before = open_descriptors()
    for _ in range(3):
        port = await open_transport(pty.url)
        assert open_descriptors() == open_before + 1
        await port.aclose()
    assert open_descriptors() == open_before


async def test_cancelled_open_gives_the_port_back(pty: Pty) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await open_transport(pty.url)
    async with asyncio.timeout(5):
        while True:
            try:
                port = await open_transport(pty.url)
            except PortBusy:
                continue
            break
    await port.aclose()
