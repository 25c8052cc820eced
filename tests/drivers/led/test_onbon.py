"""Onbon commands and replies against published frames."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import BadFrame
from drivers.led.protocols import onbon
from drivers.led.protocols.onbon import Ack, Answer, Area, Effect, Nack, RunMode, Status
from drivers.led.protocols.onbon_frame import Decoder, Frame, encode

_PATH = Path(__file__).parents[2] / "vectors" / "onbon.toml"
VECTORS: dict[str, dict[str, Any]] = {vector["name"]: vector for vector in tomllib.loads(_PATH.read_text())["vector"]}
WEEKDAY_FOURTH = "20 13 01 25 05 11 17 26"


def wire(name: str) -> bytes:
    return bytes.fromhex(VECTORS[name]["bytes"])


def published(name: str) -> Frame:
    [frame] = Decoder().feed(wire(name))
    assert isinstance(frame, Frame)
    return frame


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ping", onbon.ping()),
        ("status", onbon.query_status()),
        ("clear", onbon.clear_screen()),
        (
            "ticket",
            onbon.update_areas([Area(text="A001请到3号窗口".encode("gb2312"), width=64, height=16)]),
        ),
        ("format", onbon.command(0xA1, 0x00)),
    ],
)
def test_command_is_the_published_frame(name: str, data: bytes) -> None:
    assert encode(Frame(1, 0x8000, data)) == wire(name)


def test_welcome_in_pixels_is_the_published_frame() -> None:
    area = Area(
        text="欢迎光临".encode("gb2312"),
        width=128,
        height=32,
        in_pixels=True,
        timeout_s=10,
        multi_line=True,
        speed=2,
    )
    assert encode(Frame(0xFFFE, 0x8000, onbon.update_areas([area]))) == wire("welcome in pixels")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("set clock", onbon.set_clock(datetime(2013, 1, 25, 11, 17, 26))),  # noqa: DTZ001 - a card knows no zone
        ("brightness 12", onbon.brightness(12)),
        ("delete all", onbon.delete_all_areas()),
        (
            "scrolled",
            onbon.update_areas(
                [
                    Area(
                        text=b"012345QRSTTV'B",
                        width=192,
                        height=32,
                        timeout_s=2,
                        multi_line=True,
                        auto_wrap=True,
                        effect=Effect.LEFT,
                        speed=4,
                        stay=5,
                    )
                ]
            ),
        ),
        (
            "temperature",
            onbon.update_areas(
                [
                    Area(
                        text="\\FO000TEMPER:21℃".encode("gb2312"),
                        width=512,
                        height=12,
                        y=12,
                        id=1,
                        line_spacing=10,
                        run_mode=RunMode.HOLD_LAST_PAGE,
                        timeout_s=2,
                        speed=0x17,
                        stay=2,
                    )
                ]
            ),
        ),
    ],
)
def test_command_is_the_published_one_but_for_its_reserved_bytes(name: str, data: bytes) -> None:
    sent = published(name).data
    assert (data[:2], data[5:]) == (sent[:2], sent[5:])


def test_width_that_is_no_whole_byte_goes_in_pixels() -> None:
    data = onbon.update_areas([Area(text=b"", x=8, width=60, height=16)])
    assert data[9:19].hex(" ") == "00 01 00 00 00 3c 80 10 00 00"


def test_areas_are_deleted_by_id_and_shown_in_one_command() -> None:
    data = onbon.update_areas([Area(text=b"A", width=8, height=16)], delete=[1, 2])
    assert data[5:9].hex(" ") == "02 01 02 01"
    assert onbon.delete_all_areas()[5:].hex(" ") == "ff 00"


def test_power_and_reset_are_as_in_the_tables() -> None:
    assert onbon.power(on=True).hex(" ") == "a3 00 01 00 00 01"
    assert onbon.power(on=False).hex(" ") == "a3 00 01 00 00 02"
    assert onbon.reset().hex(" ") == "a2 01 01 00 00"
    assert onbon.command(0xA2, 0x00, reply=False).hex(" ") == "a2 00 02 00 00"


@pytest.mark.parametrize("level", [-1, 16])
def test_brightness_outside_the_card_s_levels_is_refused(level: int) -> None:
    with pytest.raises(ValueError, match="expected 0 to 15"):
        onbon.brightness(level)


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("ack", Ack(1)),
        ("ack of a broadcast", Ack(0xFFFE)),
        ("nack 5", Nack(0xFFFE, 5)),
    ],
)
def test_published_reply_is_understood(name: str, reply: object) -> None:
    assert onbon.reply(published(name)) == reply


def test_nack_names_the_error() -> None:
    assert Nack(1, 5).name == "ERR_CHECKSUM"
    assert Nack(1, 99).name == "error 99"


def test_ack_with_an_error_is_none() -> None:
    assert onbon.reply(Frame(0x8000, 1, b"\xa0\x00\x03\x00\x00")) == Nack(1, 3)


def status(clock: str, *, special: bool = True, areas: bytes = b"\0") -> object:
    body = b"\x01\x0a" + bytes.fromhex(clock) + b"\x01P000" + (b"\x00\x00" if special else b"")
    body += bytes([len(areas)]) + areas + b"B" * 16 + b"N" * 12
    return onbon.reply(Frame(0x8000, 3, b"\xa1\x02\x00\x00\x00" + body))


@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("areas", [b"", b"\x00", b"\x00\x03"])
def test_status_is_read_with_and_without_the_special_area(special: bool, areas: bytes) -> None:
    clock = datetime(2013, 1, 25, 11, 17, 26)  # noqa: DTZ001 - a card knows no zone
    expected = Status(3, power_on=True, brightness=10, clock=clock, programs=1, program=b"P000", areas=tuple(areas))
    assert status(WEEKDAY_FOURTH, special=special, areas=areas) == expected


@pytest.mark.parametrize(
    ("coded", "year"),
    [
        (WEEKDAY_FOURTH, 2013),
        ("13 20 01 25 05 11 17 26", 2013),
        ("13 20 01 25 11 17 26 05", 2013),
        ("20 13 01 25 06 11 17 26", None),  # a Friday is no Saturday
        ("20 13 02 31 05 11 17 26", None),
        ("20 1A 01 25 05 11 17 26", None),
    ],
)
def test_status_clock_is_a_time_or_nothing(coded: str, year: int | None) -> None:
    read = status(coded)
    assert isinstance(read, Status)
    assert (read.clock.year if read.clock else None) == year


def test_status_of_no_known_layout_is_a_bad_frame() -> None:
    assert isinstance(onbon.reply(Frame(0x8000, 3, b"\xa1\x02\x00\x00\x00" + bytes(30))), BadFrame)


def test_reply_to_another_query_is_an_answer() -> None:
    assert onbon.reply(Frame(0x8000, 3, b"\xa2\x07\x00\x00\x00\x03\x00")) == Answer(3, 0xA2, 7, b"\x03\x00")


@given(st.binary(max_size=80), st.sampled_from([b"", b"\xa1\x02\x00\x00\x00", b"\xa0\x00", b"\xa0\x01"]))
def test_any_reply_data_never_raises(data: bytes, head: bytes) -> None:
    onbon.reply(Frame(0x8000, 1, head + data))


@given(st.dates(min_value=datetime(2000, 1, 1).date(), max_value=datetime(2099, 12, 31).date()), st.times())  # noqa: DTZ001
def test_clock_set_is_the_clock_read(date: Any, time: Any) -> None:
    when = datetime.combine(date, time).replace(microsecond=0)
    coded = onbon.set_clock(when)[5:]
    weekday_fourth = coded[:4] + coded[7:] + coded[4:7]
    read = status(weekday_fourth.hex())
    assert isinstance(read, Status)
    assert read.clock == when
