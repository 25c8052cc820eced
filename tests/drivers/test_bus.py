"""One line shared by several sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import pytest

from drivers.bus import Bus, Counters
from drivers.errors import LinkLost
from drivers.events import Chunk, Sent
from drivers.line import Priority
from drivers.transports import mem_pair
from drivers.transports.mem import MemTransport
from tests.virtual_time import clock, run_virtually

CHAR_S = 0.001
GAP_S = 0.0035


class Bench:
    """A running bus and the far end of its line; every frame that arrives there is kept with its time."""

    def __init__(self) -> None:
        ours, self.device = mem_pair("bus", clock=clock)
        self.bus = Bus(ours, char_s=CHAR_S, clock=clock)
        self.start = clock()
        self.frames: list[tuple[bytes, float]] = []
        self.heard: list[bytes] = []
        self.bus.listen(lambda chunk: self.heard.append(chunk.data))

    async def collect(self) -> None:
        while True:
            chunk = await self.device.receive()
            self.frames.append((chunk.data, round(clock() - self.start, 6)))

    @property
    def sent(self) -> list[bytes]:
        return [data for data, _ in self.frames]


def on_a_bus(scene: Any) -> Bench:
    """Play a scene on a bench in virtual time."""

    async def play() -> Bench:
        bench = Bench()
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(swallow_loss(bench.bus.run())),
                tasks.create_task(swallow_loss(bench.collect())),
            ]
            await asyncio.sleep(0)
            await scene(bench)
            await asyncio.sleep(1)
            for task in running:
                task.cancel()
        return bench

    return run_virtually(play())


async def swallow_loss(what: Coroutine[Any, Any, None]) -> None:
    with suppress(LinkLost):
        await what


def never() -> bool:
    return False


def test_every_listener_hears_every_chunk_until_it_ends() -> None:
    async def scene(bench: Bench) -> None:
        other: list[bytes] = []
        end = bench.bus.listen(lambda chunk: other.append(chunk.data))
        await bench.device.send(b"one")
        await asyncio.sleep(0.1)
        end()
        await bench.device.send(b"two")
        await asyncio.sleep(0.1)
        assert other == [b"one"]

    assert on_a_bus(scene).heard == [b"one", b"two"]


def test_frames_keep_the_gap_of_three_and_a_half_characters() -> None:
    async def scene(bench: Bench) -> None:
        for frame in (b"12345678", b"abcd", b"end"):
            await bench.bus.send(frame)

    first_ends = 8 * CHAR_S + GAP_S
    assert on_a_bus(scene).frames == [
        (b"12345678", 0.0),
        (b"abcd", pytest.approx(first_ends)),
        (b"end", pytest.approx(first_ends + 4 * CHAR_S + GAP_S)),
    ]


def test_sign_frame_waits_until_the_others_are_silent_and_an_ack_does_not() -> None:
    async def scene(bench: Bench) -> None:
        await bench.device.send(b"press")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bench.bus.send(b"sign"))
            await asyncio.sleep(0)
            tasks.create_task(bench.bus.send(b"ack", Priority.ACK))

    assert on_a_bus(scene).frames == [(b"ack", 0.0), (b"sign", pytest.approx(3 * CHAR_S + GAP_S))]


def test_ack_follows_a_frame_at_once_though_our_last_one_would_still_be_on_the_wire() -> None:
    async def scene(bench: Bench) -> None:
        await bench.bus.send(b"a long acknowledgement", Priority.ACK)
        await bench.device.send(b"next press")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await bench.bus.send(b"ack", Priority.ACK)

    assert on_a_bus(scene).frames == [(b"a long acknowledgement", 0.0), (b"ack", 0.0)]


def test_sign_frame_goes_out_at_last_on_a_line_that_is_never_silent() -> None:
    async def scene(bench: Bench) -> None:
        async with asyncio.TaskGroup() as tasks:
            await bench.device.send(b"noise")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            sending = tasks.create_task(bench.bus.send(b"sign"))
            while not sending.done():
                await bench.device.send(b"noise")
                await asyncio.sleep(0.002)

    ((_, at),) = on_a_bus(scene).frames
    assert at == pytest.approx(0.5, abs=0.003)


def test_acks_go_before_signs_and_signs_before_polls_in_the_order_asked() -> None:
    async def scene(bench: Bench) -> None:
        async with asyncio.TaskGroup() as tasks:
            for frame, priority in [
                (b"first", Priority.POLL),
                (b"poll 1", Priority.POLL),
                (b"poll 2", Priority.POLL),
                (b"sign 1", Priority.SIGN),
                (b"sign 2", Priority.SIGN),
                (b"ack 1", Priority.ACK),
                (b"ack 2", Priority.ACK),
            ]:
                tasks.create_task(bench.bus.send(frame, priority))

    assert on_a_bus(scene).sent == [b"first", b"ack 1", b"ack 2", b"sign 1", b"sign 2", b"poll 1", b"poll 2"]


def test_transaction_ends_when_it_is_answered() -> None:
    async def scene(bench: Bench) -> None:
        async with asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(bench.bus.request(b"ping", lambda: bench.heard == [b"po", b"ng"], timeout_s=0.1))
            await asyncio.sleep(0.02)
            await bench.device.send(b"po")
            await asyncio.sleep(0.02)
            assert not asked.done()
            await bench.device.send(b"ng")
        assert asked.result() is True

    assert on_a_bus(scene).bus.counters == Counters(4, 4, 1, requests=1)


def test_unanswered_transaction_ends_at_its_deadline() -> None:
    async def scene(bench: Bench) -> None:
        assert await bench.bus.request(b"ping", never, timeout_s=0.1) is False
        assert clock() - bench.start == pytest.approx(4 * CHAR_S + 0.1)

    assert on_a_bus(scene).bus.counters.timeouts == 1


def test_nobody_but_an_ack_breaks_into_a_transaction() -> None:
    async def scene(bench: Bench) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bench.bus.request(b"ping", never, timeout_s=0.1))
            await asyncio.sleep(0)
            tasks.create_task(bench.bus.send(b"sign"))
            tasks.create_task(bench.bus.send(b"ack", Priority.ACK))
            tasks.create_task(bench.bus.request(b"other", never, timeout_s=0.1, priority=Priority.POLL))

    ping, ack, sign, other = on_a_bus(scene).frames
    assert (ping[0], ack[0], sign[0], other[0]) == (b"ping", b"ack", b"sign", b"other")
    assert ack[1] < 0.1 <= sign[1] < other[1]


def test_request_sent_again_soon_after_silence_counts_as_a_retry() -> None:
    async def scene(bench: Bench) -> None:
        for frame in (b"ping", b"other", b"ping"):
            await bench.bus.request(frame, never, timeout_s=0.1)
        assert bench.bus.counters.retries == 1
        for number in range(80):
            await bench.bus.request(str(number).encode(), never, timeout_s=0.001)
        await bench.bus.request(b"ping", lambda: True, timeout_s=0.1)

    assert on_a_bus(scene).bus.counters.retries == 1


def test_answer_forgets_the_silence_before_it() -> None:
    async def scene(bench: Bench) -> None:
        await bench.bus.request(b"ping", never, timeout_s=0.1)
        for _ in range(2):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(bench.bus.request(b"ping", lambda: True, timeout_s=0.1))
                await asyncio.sleep(0.01)
                await bench.device.send(b"pong")

    counters = on_a_bus(scene).bus.counters
    assert (counters.requests, counters.retries, counters.timeouts) == (3, 1, 1)


def test_cancelled_sender_leaves_the_turn_to_the_next() -> None:
    async def scene(bench: Bench) -> None:
        async with asyncio.TaskGroup() as tasks:
            await bench.bus.send(b"first")
            waiting = tasks.create_task(bench.bus.send(b"second"))
            tasks.create_task(bench.bus.send(b"third"))
            await asyncio.sleep(0)
            waiting.cancel()

    assert on_a_bus(scene).sent == [b"first", b"third"]


def test_sender_cancelled_as_its_turn_comes_gives_it_back() -> None:
    async def play() -> None:
        ours, device = mem_pair("bus", clock=clock)
        bus = Bus(ours, clock=clock)
        while not device.inbox.full:
            device.inbox.put(Chunk(bytes(4096), 0))
        async with asyncio.TaskGroup() as tasks:

            async def send_and_cancel_the_next() -> None:
                await bus.send(b"first")
                waiting.cancel()  # its turn was granted by the line above, and it has not run yet

            tasks.create_task(send_and_cancel_the_next())
            await asyncio.sleep(0)
            waiting = tasks.create_task(bus.request(b"second", never, timeout_s=1))
            tasks.create_task(bus.send(b"third"))
            await asyncio.sleep(0)
            heard = [(await device.receive()).data for _ in range(18)]
        assert heard[-2:] == [b"first", b"third"]

    run_virtually(play())


def test_cancelled_transaction_frees_the_line() -> None:
    async def scene(bench: Bench) -> None:
        async with asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(bench.bus.request(b"ping", never, timeout_s=10))
            await asyncio.sleep(0.1)
            asked.cancel()
            await bench.bus.send(b"sign")

    assert on_a_bus(scene).sent == [b"ping", b"sign"]


def test_lost_link_ends_whoever_waits_or_comes_later() -> None:
    async def scene(bench: Bench) -> None:
        async with asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(outcome(bench.bus.request(b"ping", never, timeout_s=10)))
            waiting = tasks.create_task(outcome(bench.bus.send(b"sign")))
            await asyncio.sleep(0.01)
            await bench.device.aclose()
        assert isinstance(asked.result(), LinkLost)
        assert isinstance(waiting.result(), LinkLost)
        assert isinstance(await outcome(bench.bus.send(b"late", Priority.ACK)), LinkLost)

    on_a_bus(scene)


async def outcome(what: Coroutine[Any, Any, Any]) -> object:
    try:
        return await what
    except LinkLost as lost:
        return lost


def test_deadline_also_ends_a_frame_that_the_port_does_not_take() -> None:
    async def scene(bench: Bench) -> None:
        blocked: MemTransport = bench.device
        while not blocked.inbox.full:
            blocked.inbox.put(Chunk(bytes(4096), 0))
        assert await bench.bus.request(b"ping", never, timeout_s=0.1) is False

    async def play() -> None:
        bench = Bench()
        await scene(bench)

    run_virtually(play())


def test_tap_sees_every_byte_either_way_with_its_time() -> None:
    async def scene(bench: Bench) -> None:
        seen: list[Chunk | Sent] = []
        end = bench.bus.tap(seen.append)
        await bench.device.send(b"press")
        await asyncio.sleep(0.25)
        await bench.bus.send(b"ack")
        end()
        await bench.bus.send(b"more")
        assert seen == [Chunk(b"press", bench.start), Sent(b"ack", bench.start + 0.25)]
        assert bench.bus.recent[:2] == tuple(seen)

    on_a_bus(scene)


def test_tap_remembers_a_bounded_number_of_chunks() -> None:
    async def scene(bench: Bench) -> None:
        for _ in range(600):
            await bench.device.send(b"x")
        await asyncio.sleep(0.01)
        assert len(bench.bus.recent) == 512

    assert on_a_bus(scene).bus.counters.bytes_in == 600


def test_line_tells_its_port_and_speed() -> None:
    async def scene(bench: Bench) -> None:
        assert (bench.bus.url, bench.bus.char_s) == ("mem://bus", CHAR_S)

    on_a_bus(scene)


def test_line_without_a_speed_keeps_no_gaps() -> None:
    async def play() -> float:
        ours, _device = mem_pair("bus", clock=clock)
        bus = Bus(ours, clock=clock)
        before = clock()
        for _ in range(10):
            await bus.send(b"frame")
        return clock() - before

    assert run_virtually(play()) == 0


def test_gap_is_not_shorter_than_a_transceiver_needs() -> None:
    async def play() -> float:
        ours, _device = mem_pair("bus", clock=clock)
        bus = Bus(ours, char_s=10 / 115200, clock=clock)
        before = clock()
        await bus.send(b"frame")
        await bus.send(b"frame")
        return clock() - before

    assert run_virtually(play()) == pytest.approx(5 * 10 / 115200 + 0.00175)
