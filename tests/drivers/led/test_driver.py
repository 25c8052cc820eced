"""`led.onbon` from its settings."""

from __future__ import annotations

from typing import Any

import pytest

from drivers import registry
from drivers.errors import BadOption
from drivers.led import SignText
from drivers.led.driver import open_session
from drivers.registry import Settings
from tests.drivers.led.fake_line import Card, FakeLine, HandTime


def ignore(event: object) -> None:
    """Nobody is told."""


def opened(line: FakeLine | None = None, **settings: Any) -> registry.Session:
    driver = registry.load("led.onbon")
    return driver.open(line or FakeLine(HandTime(), Card(1)), Settings(id="sign-3", **settings), ignore)


def test_driver_is_found_by_its_name() -> None:
    driver = registry.load("led.onbon")
    assert (driver.name, driver.family, driver.speaks_unasked) == ("led.onbon", "led", False)
    assert opened().health().state == "unknown"


def test_every_option_is_taken() -> None:
    driver = registry.load("led.onbon")
    options: dict[str, str | int | float | bool] = {
        "timeout_s": 90,
        "brightness": 12,
        "colour": "none",
        "charset": "gbk",
        "font": 24,
        "overflow": "page",
        "speed": 10,
        "stay": 0,
        "pixels": True,
        "area": 2,
        "areas_first": True,
        "baud": 57600,
        "reply_s": 1,
        "timezone": "UTC",
    }
    assert set(options) == set(driver.options)
    assert opened(options=options, size=(96, 24), addresses=(1, 2)).health().state == "unknown"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"timeout_s": 0}, "timeout_s: expected 1 to 65535, got 0"),
        ({"timeout_s": True}, "timeout_s: expected 1 to 65535, got True"),
        ({"brightness": 17}, "brightness: expected 1 to 16, got 17"),
        ({"colour": "blue"}, "colour: expected one of red, green, yellow, none, got blue"),
        ({"charset": "utf-8"}, "charset: expected one of gb2312, gbk"),
        ({"font": 20}, "font: expected 16, 24 or 32, got 20"),
        ({"font": 32}, "size: expected a height of 32 to 32767 pixels, got 16"),
        ({"overflow": "shrink"}, "overflow: expected one of scroll, page"),
        ({"pixels": 1}, "pixels: expected true or false, got 1"),
        ({"reply_s": "soon"}, "reply_s: expected 0.05 to 5 seconds, got soon"),
        ({"timezone": "Mars/Olympus"}, "timezone: expected a zone such as Asia/Shanghai"),
        ({"timezone": 8}, "timezone: expected text, got 8"),
        ({"brigthness": 3}, "did you mean 'brightness'?"),
    ],
)
def test_option_that_makes_no_sense_is_named(options: dict[str, Any], says: str) -> None:
    with pytest.raises(BadOption) as caught:
        opened(options=options)
    assert says in str(caught.value)
    assert "sign-3" in str(caught.value)


@pytest.mark.parametrize("size", [(8, 16), (64, 8), (0x8000, 16)])
def test_size_that_makes_no_sense_is_named(size: tuple[int, int]) -> None:
    with pytest.raises(BadOption, match="size"):
        opened(size=size)


@pytest.mark.parametrize("address", [0, -1, 0x8000])
def test_address_that_no_card_has_is_named(address: int) -> None:
    with pytest.raises(BadOption, match="address: expected 1 to 32767"):
        opened(addresses=(address,))


@pytest.mark.parametrize(
    ("char_s", "options", "unseen"), [(10 / 57600, {}, 0), (0.0, {"baud": 57600}, 30), (0.0, {}, 30 * 6)]
)
async def test_wait_for_an_answer_goes_by_the_line_s_speed(char_s: float, options: dict[str, Any], unseen: int) -> None:
    waits: list[float] = []

    class Listening(FakeLine):
        async def request(self, *_args: object, timeout_s: float, **_more: object) -> bool:
            waits.append(timeout_s)
            return False

    line = Listening(HandTime(), Card(1))
    line.char_s = char_s
    session = open_session(line, Settings(id="sign-3", options=options), ignore)
    assert await session.ping(1) is False
    reply = 40 * 6 if unseen > 100 else 40
    assert waits == pytest.approx([0.3 + (unseen + reply) * 10 / 57600] * 3)


async def test_content_is_timed_by_the_hall_s_option() -> None:
    time = HandTime()
    card = Card(1)
    line = FakeLine(time, card)
    session = open_session(line, Settings(id="sign-3", options={"timeout_s": 7}), ignore)
    card.lose = 0
    line.time.sleep = _at_once  # type: ignore[method-assign]
    await session.show(1, SignText("A012"))
    assert int.from_bytes(card.heard[0][21:23], "little") == 7


async def _at_once(seconds: float) -> None:
    """No time passes on this wire."""
