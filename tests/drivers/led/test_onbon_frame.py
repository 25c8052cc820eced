"""Onbon frames: published bytes, any chunking, noise."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.events import BadFrame
from drivers.led.protocols.onbon_frame import MAX_DATA, Decoder, Frame, encode

VECTORS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parents[2] / "vectors" / "onbon.toml").read_text())[
    "vector"
]
GOOD = [vector for vector in VECTORS if vector.get("ok", True)]
BAD = [vector for vector in VECTORS if not vector.get("ok", True)]

frames = st.builds(
    Frame,
    destination=st.integers(0, 0xFFFF),
    source=st.integers(0, 0xFFFF),
    data=st.one_of(
        st.binary(max_size=MAX_DATA),
        st.lists(st.sampled_from([0xA5, 0xA6, 0x5A, 0x5B, 1, 2]), max_size=64).map(bytes),
    ),
    display_mode=st.integers(0, 255),
    device=st.integers(0, 255),
    version=st.integers(0, 255),
    reserved=st.binary(min_size=3, max_size=3),
    barcode=st.sampled_from([b"", b"\xa5\x5a\xa6\x5b0123456789AB"]),
)


def name(vector: dict[str, Any]) -> str:
    return str(vector["name"])


def wire(vector: dict[str, Any]) -> bytes:
    return bytes.fromhex(vector["bytes"])


def decode(data: bytes, size: int = 0) -> list[Frame | BadFrame]:
    decoder = Decoder()
    step = size or max(1, len(data))
    return [found for start in range(0, len(data), step) for found in decoder.feed(data[start : start + step])]


def good(found: list[Frame | BadFrame]) -> list[Frame]:
    return [frame for frame in found if isinstance(frame, Frame)]


@pytest.mark.parametrize("size", [1, 2, 0])
@pytest.mark.parametrize("vector", GOOD, ids=name)
def test_published_frame_is_read_and_built(vector: dict[str, Any], size: int) -> None:
    [frame] = decode(wire(vector), size)
    assert isinstance(frame, Frame)
    assert encode(frame).lstrip(b"\xa5") == wire(vector).lstrip(b"\xa5")


@pytest.mark.parametrize("vector", BAD, ids=name)
def test_published_frame_with_a_misprint_is_refused(vector: dict[str, Any]) -> None:
    [found] = decode(wire(vector))
    assert isinstance(found, BadFrame)


def test_misprinted_width_is_a_wrong_crc() -> None:
    [found] = decode(wire(BAD[0]))
    assert isinstance(found, BadFrame)
    assert found.reason == "CRC: expected 6FBD, got 7DA8"


@pytest.mark.parametrize("lead", [1, 2, 7, 8, 9, 40])
def test_any_lead_in_begins_a_frame(lead: int) -> None:
    ping = wire(GOOD[0])
    assert decode(b"\xa5" * lead + ping[8:]) == decode(ping)


def test_repeated_end_is_tolerated() -> None:
    ping = wire(GOOD[0])
    assert decode(ping + b"\x5a\x5a" + ping + b"\x5a") == decode(ping) * 2


def test_escapes_are_those_of_the_protocol() -> None:
    sent = encode(Frame(1, 0x8000, b"\xa5\xa6\x5a\x5b"))
    assert b"\xa6\x02\xa6\x01\x5b\x02\x5b\x01" in sent
    assert sent.count(b"\xa5") == 8
    assert sent.count(b"\x5a") == 1


def test_other_devices_bytes_between_frames_are_passed_over() -> None:
    keypad = bytes.fromhex("FF6803036803000CF516")
    ping = wire(GOOD[0])
    assert decode(keypad + ping + keypad + ping) == decode(ping) * 2


@pytest.mark.parametrize("cut", [9, 10, 20, 29])
def test_frame_after_a_broken_one_is_read(cut: int) -> None:
    ping = wire(GOOD[0])
    broken, whole = decode(ping[:cut] + ping)
    assert isinstance(broken, BadFrame)
    assert [whole] == decode(ping)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("A6 03", "after A6"),
        ("01 5B", "after A6 and 5B"),
        ("01 00 00 80", "at least 16 bytes, got 4"),
        ("01 00 00 80 00 00 00 01 00 00 FE 02 05 00 A2 00 01 00 00 68 F8", "at least 32 bytes, got 21"),
        ("01 00 00 80 00 00 00 00 02 00 FE 02 05 00 A2 00 01 00 00 68 F8", "check mode 0"),
        ("01 00 00 80 00 00 00 00 00 00 FE 02 06 00 A2 00 01 00 00 68 F8", "says 6 data bytes, got 5"),
    ],
)
def test_bad_frame_says_what_is_wrong(body: str, reason: str) -> None:
    raw = bytes.fromhex(body)
    [found] = decode(b"\xa5" + raw + b"\x5a")
    assert isinstance(found, BadFrame)
    assert reason in found.reason
    assert found.raw == raw


def test_endless_frame_is_given_up_in_bounded_memory() -> None:
    ping = wire(GOOD[0])
    given_up, *rest = decode(b"\xa5" + b"\x00" * 10_000 + ping)
    assert isinstance(given_up, BadFrame)
    assert len(given_up.raw) < 3000
    assert rest == decode(ping)


def test_too_much_data_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ValueError, match="at most 1024 bytes, got 1025"):
        encode(Frame(1, 0x8000, bytes(1025)))
    with pytest.raises(ValueError, match="barcode"):
        encode(Frame(1, 0x8000, b"", barcode=b"123"))


@given(frames, st.integers(1, 50))
def test_every_frame_survives_the_wire(frame: Frame, size: int) -> None:
    assert decode(encode(frame), size) == [frame]


@given(st.lists(st.binary(max_size=40)))
@example([b"\xa5", b"\x5a", b"\xa5\x5a"])
def test_any_bytes_in_any_portions_never_raise(portions: list[bytes]) -> None:
    decoder = Decoder()
    for portion in portions:
        decoder.feed(portion)
    ping = wire(GOOD[0])
    assert good(decoder.feed(ping))[-1:] == decode(ping)


@given(st.sampled_from(GOOD), st.data())
def test_changed_byte_never_yields_another_frame(vector: dict[str, Any], data: st.DataObject) -> None:
    sent = wire(vector)
    position = data.draw(st.integers(0, len(sent) - 1))
    value = data.draw(st.integers(0, 255))
    changed = sent[:position] + bytes([value]) + sent[position + 1 :]
    assert all([frame] == decode(sent) for frame in good(decode(changed)))
