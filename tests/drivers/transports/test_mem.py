"""Two ends in this process."""

from __future__ import annotations

import asyncio

import pytest

from drivers.errors import LinkLost, PortBusy, PortMissing
from drivers.events import Chunk
from drivers.transports import mem_pair, open_transport


async def test_what_one_end_sends_the_other_receives() -> None:
    ours, device = mem_pair("line", clock=lambda: 7.0)
    assert await open_transport("mem://line", clock=lambda: 8.0) is ours
    await device.send(b"press")
    assert await ours.receive() == Chunk(b"press", 8.0)
    await ours.send(b"ack")
    assert await device.receive() == Chunk(b"ack", 7.0)


async def test_end_is_given_once() -> None:
    _ours, _device = mem_pair("line")
    await open_transport("mem://line")
    with pytest.raises(PortBusy):
        await open_transport("mem://line")


async def test_name_without_a_pair_is_missing() -> None:
    with pytest.raises(PortMissing):
        await open_transport("mem://nobody")


async def test_unplugged_pair_tells_what_came_before_and_then_the_loss() -> None:
    _ours, device = mem_pair("line")
    port = await open_transport("mem://line")
    await device.send(b"last")
    await device.aclose()
    heard: list[bytes] = []
    with pytest.raises(LinkLost, match="unplugged"):
        await port.pump(lambda chunk: heard.append(chunk.data))
    assert heard == [b"last"]
    with pytest.raises(LinkLost):
        await port.send(b"x")
    with pytest.raises(PortMissing):
        await open_transport("mem://line")


async def test_sender_waits_for_a_reader_that_is_behind() -> None:
    ours, device = mem_pair("line")
    for _ in range(16):
        await device.send(bytes(4096))
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(device.send(b"more"))
        await asyncio.sleep(0)
        assert not waiting.done()
        await ours.receive()
    assert waiting.done()


async def test_sender_that_waits_learns_that_the_reader_is_gone() -> None:
    ours, device = mem_pair("line")
    for _ in range(16):
        await device.send(bytes(4096))
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(lost(device.send(b"more")))
        await asyncio.sleep(0)
        await ours.aclose()
    assert waiting.result()


async def lost(what: object) -> bool:
    with pytest.raises(LinkLost):
        await what  # type: ignore[misc]
    return True
