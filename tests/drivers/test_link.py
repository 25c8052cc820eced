"""Connecting, and connecting again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from random import Random

import pytest

from drivers.bus import Bus
from drivers.errors import BadOption, LinkLost, PortBusy, PortMissing
from drivers.events import Chunk, LinkDown, LinkUp
from drivers.link import keep
from drivers.registry import Health
from drivers.transports import Transport, mem_pair, open_transport
from tests.ptys import Pty
from tests.virtual_time import clock, run_virtually

URL = "mem://line?baud=9600"
PLUGGED_OUT = LinkDown(URL, "no such port; mem_pair() makes one")


class Listener:
    """A session that hears what comes, from when it runs."""

    def __init__(self, bus: Bus, heard: list[bytes]) -> None:
        self._bus = bus
        self._heard = heard

    async def run(self) -> None:
        end = self._bus.listen(lambda chunk: self._heard.append(chunk.data))
        try:
            await asyncio.Event().wait()
        finally:
            end()

    def health(self) -> Health:
        return Health("unknown", 0)


class Scene:
    """`keep` on a mem line in virtual time; every report with its time, every delay as it was asked for."""

    def __init__(self) -> None:
        self.reports: list[tuple[LinkUp | LinkDown, float]] = []
        self.delays: list[float] = []
        self.heard: list[bytes] = []
        self.buses: list[Bus] = []
        self.open_port: Callable[[str], asyncio.Future[Transport]] = partial(open_transport, clock=clock)  # type: ignore[assignment]
        self.attach: Callable[[Bus], Sequence[Listener]] = self.listen
        self.start = clock()

    def listen(self, bus: Bus) -> Sequence[Listener]:
        self.buses.append(bus)
        return [Listener(bus, self.heard)]

    @property
    def told(self) -> list[LinkUp | LinkDown]:
        return [report for report, _ in self.reports]

    async def sleep(self, delay: float) -> None:
        self.delays.append(delay)
        await asyncio.sleep(delay)

    async def keep(self, seed: int = 1) -> None:
        await asyncio.sleep(0)  # the script sets the scene first
        await keep(
            URL,
            self.attach,
            lambda report: self.reports.append((report, round(clock() - self.start, 3))),
            random=Random(seed),
            sleep=self.sleep,
            clock=clock,
            open_port=self.open_port,
        )


def play(script: Callable[[Scene], object]) -> Scene:
    async def run() -> Scene:
        scene = Scene()
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(scene.keep())
            await script(scene)  # type: ignore[misc]
            keeping.cancel()
        return scene

    return run_virtually(run())


def test_sessions_run_on_an_open_port_and_hear_its_first_byte() -> None:
    async def script(scene: Scene) -> None:
        _, device = mem_pair("line", clock=clock)
        await device.send(b"waited")
        await asyncio.sleep(1)
        await device.send(b"press")
        await asyncio.sleep(1)

    scene = play(script)
    assert scene.heard == [b"waited", b"press"]
    assert scene.told == [LinkUp(URL)]
    assert scene.buses[0].char_s == 10 / 9600


def test_device_that_goes_and_returns_is_told_once_down_and_once_up() -> None:
    async def script(scene: Scene) -> None:
        _, device = mem_pair("line", clock=clock)
        await asyncio.sleep(20)
        await device.aclose()
        await asyncio.sleep(60)
        _, again = mem_pair("line", clock=clock)
        await asyncio.sleep(5)
        await again.send(b"press")
        await asyncio.sleep(1)

    scene = play(script)
    assert scene.told == [LinkUp(URL), LinkDown(URL, "unplugged"), LinkUp(URL)]
    (_, up), (_, down), (_, back) = scene.reports
    assert up == 0
    assert down == 20
    assert 80 < back <= 83
    assert scene.heard == [b"press"]
    assert len(scene.buses) == 2


def test_port_that_was_never_there_is_told_down_once() -> None:
    async def script(_scene: Scene) -> None:
        await asyncio.sleep(30)

    scene = play(script)
    assert scene.told == [PLUGGED_OUT]
    assert len(scene.delays) > 10


def test_waits_grow_to_at_most_two_and_a_half_seconds_and_scatter() -> None:
    async def script(_scene: Scene) -> None:
        await asyncio.sleep(60)

    delays = play(script).delays
    assert delays[0] <= 0.125
    for delay, middle in zip(delays, [0.1, 0.3, 1.0, *[2.0] * 100], strict=False):
        assert middle * 0.75 <= delay <= middle * 1.25
    assert len(set(delays)) == len(delays)


def test_two_ports_that_fail_together_do_not_retry_together() -> None:
    async def run() -> tuple[list[float], list[float]]:
        scenes = Scene(), Scene()
        async with asyncio.TaskGroup() as tasks:
            keeping = [tasks.create_task(scene.keep(seed)) for seed, scene in enumerate(scenes)]
            await asyncio.sleep(5)
            for task in keeping:
                task.cancel()
        return scenes[0].delays, scenes[1].delays

    one, other = run_virtually(run())
    assert not set(one) & set(other)


def test_link_that_flaps_is_not_tried_faster_and_faster() -> None:
    async def script(scene: Scene) -> None:
        for _ in range(5):
            _, device = mem_pair("line", clock=clock)
            await asyncio.sleep(3)
            await device.aclose()
        await asyncio.sleep(3)
        assert scene.delays[-1] >= 1.5

    play(script)


def test_link_that_held_is_tried_again_at_once() -> None:
    async def script(scene: Scene) -> None:
        await asyncio.sleep(20)
        _, device = mem_pair("line", clock=clock)
        await asyncio.sleep(20)
        before = len(scene.delays)
        await device.aclose()
        await asyncio.sleep(1)
        assert scene.delays[before] <= 0.125

    play(script)


@pytest.mark.parametrize("error", [PortBusy(URL, "held"), PortMissing(URL, "gone"), LinkLost(URL, "lost")])
def test_every_failure_of_the_road_is_reported_and_retried(error: Exception) -> None:
    async def script(scene: Scene) -> None:
        async def refuse(_url: str) -> Transport:
            raise error

        scene.open_port = refuse  # type: ignore[assignment]
        await asyncio.sleep(10)

    scene = play(script)
    assert [type(report) for report in scene.told] == [LinkDown]
    assert len(scene.delays) > 3


def test_session_that_loses_the_link_starts_all_over() -> None:
    async def script(scene: Scene) -> None:
        class Loser(Listener):
            async def run(self) -> None:
                await asyncio.sleep(1)
                raise LinkLost(URL, "silent")

        scene.attach = lambda bus: [Listener(bus, []), Loser(bus, [])]
        _pair = mem_pair("line", clock=clock)
        await asyncio.sleep(2)

    assert play(script).told == [LinkUp(URL), LinkDown(URL, "silent")]


def test_settings_that_make_no_sense_end_it() -> None:
    async def run() -> None:
        scene = Scene()

        def attach(_bus: Bus) -> Sequence[Listener]:
            raise BadOption("no option 'volume'")

        scene.attach = attach
        ours, _device = mem_pair("line", clock=clock)
        with pytest.raises(BadOption):
            await scene.keep()
        assert ours.closed

    run_virtually(run())


def test_url_that_makes_no_sense_ends_it_before_the_first_attempt() -> None:
    async def run() -> None:
        with pytest.raises(BadOption):
            await keep("mem://line?buad=1", lambda _bus: [], print, random=Random(1))

    run_virtually(run())


def test_error_in_a_session_is_not_hidden() -> None:
    async def run() -> None:
        class Broken(Listener):
            async def run(self) -> None:
                raise ZeroDivisionError

        scene = Scene()
        scene.attach = lambda bus: [Broken(bus, [])]
        _pair = mem_pair("line", clock=clock)
        with pytest.raises(ExceptionGroup) as group:
            await scene.keep()
        assert group.group_contains(ZeroDivisionError)

    run_virtually(run())


@pytest.mark.parametrize("plugged", [True, False])
def test_cancelling_ends_it_and_closes_the_port(*, plugged: bool) -> None:
    async def run() -> None:
        scene = Scene()
        ours, device = mem_pair("line" if plugged else "other", clock=clock)
        keeping = asyncio.get_running_loop().create_task(scene.keep())
        await asyncio.sleep(5)
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping
        assert ours.closed is device.closed is plugged

    run_virtually(run())


def test_cancelling_is_not_lost_when_the_link_breaks_at_the_same_moment() -> None:
    async def run() -> None:
        class Breaking(Listener):
            async def run(self) -> None:
                try:
                    await asyncio.Event().wait()
                finally:
                    raise LinkLost(URL, "broke while it was being cancelled")

        scene = Scene()
        scene.attach = lambda bus: [Breaking(bus, [])]
        _pair = mem_pair("line", clock=clock)
        keeping = asyncio.get_running_loop().create_task(scene.keep())
        await asyncio.sleep(5)
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping

    run_virtually(run())


async def test_real_port_unplugged_and_plugged_in_again_comes_back() -> None:
    ports = [Pty.plug(), Pty.plug()]
    where = iter([ports[0].url, f"{ports[0].url}-gone", ports[1].url])
    reports: asyncio.Queue[LinkUp | LinkDown] = asyncio.Queue()
    chunks: list[Chunk] = []

    async def no_wait(_delay: float) -> None:
        await asyncio.sleep(0)

    def attach(bus: Bus) -> Sequence[Listener]:
        bus.listen(chunks.append)
        return []

    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(
            keep(
                ports[0].url,
                attach,
                reports.put_nowait,
                random=Random(1),
                sleep=no_wait,
                open_port=lambda _url: open_transport(next(where)),
            )
        )
        assert isinstance(await reports.get(), LinkUp)
        ports[0].unplug()
        assert isinstance(await reports.get(), LinkDown)
        assert isinstance(await reports.get(), LinkUp)
        assert reports.empty()
        keeping.cancel()
    ports[1].unplug()
    with suppress(asyncio.QueueEmpty):
        reports.get_nowait()
