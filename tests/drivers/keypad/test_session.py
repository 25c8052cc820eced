"""Keypads on a line: what reaches the sink, what goes out, what a person is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest

from drivers import registry
from drivers.bus import Bus
from drivers.errors import BadOption, LinkLost
from drivers.keypad import PadKey, RatingKey
from drivers.keypad.protocols import ff68
from drivers.keypad.session import KeypadSession
from drivers.registry import Settings
from drivers.transports import mem_pair
from tests.virtual_time import clock, run_virtually

CHAR_S = 10 / 9600
CALL = bytes.fromhex("FF 68 03 03 68 03 01 0C 10 16")
RATING = bytes.fromhex("FF 68 03 03 68 03 11 01 15 16")
RATING_ACK = bytes.fromhex("FF 68 03 03 68 03 01 01 05 16")
Event = RatingKey | PadKey


class Scene:
    """A session on a bus in virtual time; the test holds the keypads' end."""

    def __init__(
        self,
        sink: Callable[[Any], Awaitable[None] | None] | None = None,
        elsewhere: tuple[int, ...] = (),
        **options: Any,
    ) -> None:
        ours, self.device = mem_pair("keypads", clock=clock)
        self.bus = Bus(ours, char_s=CHAR_S, clock=clock)
        self.events: list[Event] = []
        self.pauses: list[float] = []
        settings = Settings("pads", addresses=(3, 4), elsewhere=elsewhere)
        self.session = KeypadSession(
            self.bus, settings, sink or self.events.append, clock=clock, pause=self.pause, **options
        )
        self.answers = bytearray()

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(seconds)

    async def press(self, *frames: bytes) -> None:
        for frame in frames:
            await self.device.send(frame)
            await asyncio.sleep(0.02)

    async def listen(self) -> None:
        while True:
            self.answers += (await self.device.receive()).data

    @property
    def raw(self) -> list[bytes]:
        return [event.raw for event in self.events]


def play(
    script: Callable[[Scene], Coroutine[Any, Any, None]], scene: Callable[[], Scene] = Scene, settle_s: float = 1
) -> Scene:
    async def run() -> Scene:
        stage = scene()
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(stage.session.run()),
                tasks.create_task(lose(stage.bus.run())),
                tasks.create_task(lose(stage.listen())),
            ]
            await asyncio.sleep(0)
            await script(stage)
            await asyncio.sleep(settle_s)
            for task in running:
                task.cancel()
        return stage

    return run_virtually(run())


async def lose(what: Coroutine[Any, Any, None]) -> None:
    with suppress(LinkLost):
        await what


# ---- in


def test_presses_reach_the_sink_in_order_with_raw_bytes_time_and_uncertainty() -> None:
    async def script(scene: Scene) -> None:
        await scene.press(CALL, RATING, RATING)

    scene = play(script)
    assert scene.raw == [CALL, RATING, RATING]
    call, rating, again = scene.events
    assert isinstance(call, PadKey)
    assert (call.address, call.keys, call.at) == (3, b"\x0c", 1000)
    assert isinstance(rating, RatingKey)
    assert (rating.address, rating.key, rating.at) == (3, 1, pytest.approx(1000.02))
    assert rating.uncertainty_s == pytest.approx(10 * CHAR_S)
    assert again.at > rating.at


def test_press_before_the_session_runs_is_told_when_it_does() -> None:
    async def run() -> list[bytes]:
        scene = Scene()
        async with asyncio.TaskGroup() as tasks:
            pumping = tasks.create_task(scene.bus.run())
            await scene.press(CALL, RATING)
            assert scene.events == []
            running = tasks.create_task(scene.session.run())
            await scene.press(CALL)
            running.cancel()
            pumping.cancel()
        return scene.raw

    assert run_virtually(run()) == [CALL, RATING, CALL]


def test_a_neighbours_addresses_and_spoilt_frames_do_not_reach_the_sink() -> None:
    async def script(scene: Scene) -> None:
        await scene.press(ff68.frame(7, 0x11, b"\x01"), RATING[:-1] + b"\x17", b"noise", RATING)

    assert play(script, lambda: Scene(elsewhere=(7,))).raw == [RATING]


def test_addresses_that_nobody_configured_reach_the_sink_and_are_told_to_people() -> None:
    stranger = ff68.frame(9, 0x11, b"\x01")

    async def script(scene: Scene) -> None:
        await scene.press(stranger, CALL)
        assert "未配置地址 9 的按键" in scene.session.health().detail

    assert play(script, lambda: Scene(elsewhere=(7,))).raw == [stranger, CALL]


def test_frame_in_two_pieces_is_one_press_and_halves_far_apart_are_none() -> None:
    async def script(scene: Scene) -> None:
        await scene.press(RATING[:4], RATING[4:], CALL[:4])
        await asyncio.sleep(0.2)
        await scene.press(CALL[4:], CALL)

    assert play(script).raw == [RATING, CALL]


def test_slow_sink_does_not_hold_up_the_line_and_starts_in_order() -> None:
    started: list[bytes] = []
    ended: list[bytes] = []

    async def sink(event: Event) -> None:
        started.append(event.raw)
        await asyncio.sleep(0.5 if event.raw == CALL else 0.1)
        ended.append(event.raw)

    async def script(scene: Scene) -> None:
        await scene.device.send(CALL + RATING + CALL + RATING)
        await asyncio.sleep(0.05)
        assert started == [CALL, RATING, CALL, RATING]

    play(script, lambda: Scene(sink))
    assert ended == [RATING, RATING, CALL, CALL]


def test_store_that_hangs_leaves_later_presses_unanswered_and_says_so() -> None:
    async def sink(_event: Event) -> None:
        await asyncio.sleep(100)

    async def script(scene: Scene) -> None:
        for _ in range(300):
            await scene.press(RATING)
        assert scene.session.health().state == "degraded"
        assert "44 次按键未应答" in scene.session.health().detail

    play(script, lambda: Scene(sink))


def test_sink_that_fails_is_not_hidden() -> None:
    async def sink(_event: Event) -> None:
        raise ZeroDivisionError

    async def script(scene: Scene) -> None:
        await scene.press(RATING)

    with pytest.raises(ExceptionGroup) as group:
        play(script, lambda: Scene(sink))
    assert group.group_contains(ZeroDivisionError)


def test_press_that_is_being_stored_when_the_link_breaks_is_stored() -> None:
    stored: list[bytes] = []

    async def sink(event: Event) -> None:
        await asyncio.sleep(0.1)
        stored.append(event.raw)

    async def script(scene: Scene) -> None:
        await scene.device.send(RATING)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    play(script, lambda: Scene(sink), settle_s=0)
    assert stored == [RATING]


def test_store_that_hangs_does_not_keep_the_session_alive() -> None:
    async def sink(_event: Event) -> None:
        await asyncio.sleep(100)

    async def run() -> float:
        scene = Scene(sink)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(scene.session.run())
            pumping = tasks.create_task(scene.bus.run())
            await scene.press(RATING)
            before = clock()
            running.cancel()
            await asyncio.wait([running])
            pumping.cancel()
        return clock() - before

    assert run_virtually(run()) <= 1


# ---- out


def test_acknowledgements_go_out_at_once_and_before_everything_else() -> None:
    async def script(scene: Scene) -> None:
        await scene.press(CALL)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(scene.session.beep(4))
            tasks.create_task(scene.session.arm(4))
            tasks.create_task(scene.session.show(3, waiting=1, ticket="A001"))
            tasks.create_task(scene.session.acknowledge(RatingKey(3, 1, RATING, 0)))
            tasks.create_task(scene.session.acknowledge(PadKey(3, b"\x0c", CALL, 0)))

    answers = play(script).answers
    assert answers == ff68.beep(4) + RATING_ACK + CALL + ff68.arm(4) + ff68.show(3, 1, "A001")


def test_ack_does_not_wait_for_silence() -> None:
    async def sink(event: Event) -> None:
        await scenes[0].session.acknowledge(event)
        at.append(clock())

    at: list[float] = []
    scenes: list[Scene] = []

    def stage() -> Scene:
        scenes.append(Scene(sink))
        return scenes[0]

    async def script(scene: Scene) -> None:
        await scene.press(RATING)

    assert play(script, stage).answers == RATING_ACK
    assert at == [1000]


def test_two_beeps_are_two() -> None:
    async def script(scene: Scene) -> None:
        await scene.session.beep(3, times=2)

    scene = play(script)
    assert scene.answers == ff68.beep(3) * 2
    assert scene.pauses == [0.3]


def test_stars_go_out_and_an_evaluation_ends_by_itself() -> None:
    async def script(scene: Scene) -> None:
        await scene.session.stars(3, 5)
        await scene.session.disarm(3)

    assert play(script).answers == ff68.stars(3, 5)


def test_acknowledging_on_a_lost_line_says_so() -> None:
    async def script(scene: Scene) -> None:
        await scene.device.aclose()
        await asyncio.sleep(0.1)
        with pytest.raises(LinkLost):
            await scene.session.acknowledge(PadKey(3, b"\x0c", CALL, 0))

    play(script)


# ---- an adapter that brings back what is sent


async def bring_back(scene: Scene, times: int) -> None:
    for _ in range(times):
        await scene.press(bytes(scene.answers))
        scene.answers.clear()


def test_echoes_are_no_presses_where_the_adapter_is_known_to_echo() -> None:
    async def script(scene: Scene) -> None:
        await scene.session.arm(3)
        await scene.session.acknowledge(PadKey(3, b"\x0c", CALL, 0))
        await asyncio.sleep(0.03)
        await bring_back(scene, 1)
        assert scene.events == []
        await scene.press(CALL)

    assert play(script, lambda: Scene(local_echo=True)).raw == [CALL]


def test_echo_that_never_came_hides_no_later_press() -> None:
    async def script(scene: Scene) -> None:
        await scene.session.acknowledge(PadKey(3, b"\x0c", CALL, 0))
        await asyncio.sleep(0.2)  # the usual time of a resend
        await scene.press(CALL)

    assert play(script, lambda: Scene(local_echo=True)).raw == [CALL]


def test_unknown_echo_is_told_to_people() -> None:
    async def script(scene: Scene) -> None:
        await scene.press(CALL)
        for _ in range(3):
            await scene.session.acknowledge(scene.events[-1])
            await asyncio.sleep(0)
            await bring_back(scene, 1)
        health = scene.session.health()
        assert health.state == "degraded"
        assert "local_echo" in health.detail
        await scene.press(RATING)
        assert scene.session.health().state == "ok"

    play(script)


@pytest.mark.parametrize("said", ["show", "beep", "rating"])
def test_echo_of_what_no_pad_says_is_never_a_press(said: str) -> None:
    async def script(scene: Scene) -> None:
        for times in range(1, 4):
            match said:
                case "show":
                    await scene.session.show(3, waiting=4, ticket="A001")
                case "beep":
                    await scene.session.beep(3)
                case _:
                    await scene.session.acknowledge(RatingKey(3, 1, RATING, 0))
            await asyncio.sleep(0.03)
            await bring_back(scene, 1)
            assert ("local_echo" in scene.session.health().detail) == (times == 3)
        await scene.press(RATING)

    assert play(script).raw == [RATING]


# ---- health


def test_silent_keypads_are_unknown_and_never_ok() -> None:
    async def script(scene: Scene) -> None:
        await asyncio.sleep(1000)
        health = scene.session.health()
        assert (health.state, health.since) == ("unknown", 1000)
        assert "尚未收到按键" in health.detail
        assert scene.session.address_health(3).state == "unknown"

    play(script)


def test_each_address_counts_from_its_first_press() -> None:
    async def script(scene: Scene) -> None:
        await scene.press(CALL, RATING)
        health = scene.session.health()
        assert (health.state, health.since) == ("ok", 1000)
        assert "地址 4 尚未收到" in health.detail
        assert scene.session.address_health(3).state == "ok"
        assert scene.session.address_health(4).state == "unknown"
        await scene.press(ff68.frame(4, 1, b"\x0c"))
        assert scene.session.health().detail == ""

    play(script)


def test_address_that_is_not_ours_is_named() -> None:
    async def script(scene: Scene) -> None:
        await scene.press(CALL, ff68.frame(7, 1, b"\x0c"))
        assert "地址 7" in scene.session.health().detail

    play(script)


def test_noise_shows_until_the_next_whole_frame() -> None:
    async def script(scene: Scene) -> None:
        await scene.press(CALL, *[RATING[:-1] + b"\x17"] * 10)
        assert scene.session.health().state == "degraded"
        assert "连续 10 帧损坏" in scene.session.health().detail
        await scene.press(CALL)
        assert scene.session.health().state == "ok"

    play(script)


# ---- settings


def opened(**settings: Any) -> registry.Session:
    ours, _device = mem_pair("keypads")
    driver = registry.load("keypad.ff68")
    return driver.open(Bus(ours), Settings("line-1", **{"addresses": (3, 4)} | settings), lambda _event: None)


def test_driver_is_found_by_its_name_and_opens_a_session() -> None:
    async def run() -> None:
        session = opened(options={"local_echo": True, "gap_ms": 250}, keys={0: 5, 1: 4})
        assert isinstance(session, KeypadSession)
        assert session.health().state == "unknown"

    run_virtually(run())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"addresses": ()}, "windows: expected at least one bus address, got none"),
        ({"addresses": (3, 256)}, "windows: expected bus addresses from 0 to 255, got 256"),
        ({"keys": {0: 6}}, "keys: expected key values 0 to 255 with levels 1 to 5, got 0 = 6"),
        ({"keys": {-1: 5}}, "keys: expected key values 0 to 255 with levels 1 to 5, got -1 = 5"),
        ({"options": {"local_eco": True}}, "no option 'local_eco'; did you mean 'local_echo'?"),
        ({"options": {"local_echo": "yes"}}, "local_echo: expected true or false, got yes"),
        ({"options": {"gap_ms": 1}}, "gap_ms: expected a whole number from 5 to 2000, got 1"),
        ({"options": {"gap_ms": True}}, "gap_ms: expected a whole number from 5 to 2000, got True"),
        ({"options": {"gap_ms": "100"}}, "gap_ms: expected a whole number from 5 to 2000, got 100"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], message: str) -> None:
    async def run() -> None:
        with pytest.raises(BadOption) as refused:
            opened(**settings)
        assert message in str(refused.value)
        assert "line-1" in str(refused.value)

    run_virtually(run())
