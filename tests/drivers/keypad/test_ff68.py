"""FF68 bytes against vectors from outside our code, and against every kind of spoilt bytes."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import BadFrame
from drivers.keypad import PadKey, RatingKey
from drivers.keypad.protocols import ff68

VECTORS = tomllib.loads((Path(__file__).parents[2] / "vectors" / "ff68.toml").read_text())
CALL = bytes.fromhex("FF 68 03 03 68 03 01 0C 10 16")
RATING = bytes.fromhex("FF 68 03 03 68 03 11 01 15 16")
GIVE_UP = bytes.fromhex("FF 68 04 04 68 03 01 06 0F 19 16")


def named(vector: dict[str, Any]) -> str:
    return str(vector["name"])


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)] if size else [data]


def decoded(chunks: list[bytes], *, silence: bool = True) -> list[ff68.Event]:
    decoder = ff68.Decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk, 1.0)]
    return events + decoder.silent(2.0) if silence else events


def presses(events: list[ff68.Event]) -> list[bytes]:
    return [event.raw for event in events if not isinstance(event, BadFrame)]


def expected(vector: dict[str, Any]) -> ff68.Event:
    raw = bytes.fromhex(vector["frame"])
    if "rating" in vector:
        return RatingKey(vector["rating"]["address"], vector["rating"]["key"], raw, 1.0)
    return PadKey(vector["pad"]["address"], bytes.fromhex(vector["pad"]["keys"]), raw, 1.0)


# ---- vectors


@pytest.mark.parametrize("size", [1, 2, 0])
@pytest.mark.parametrize("vector", VECTORS["event"], ids=named)
def test_device_frame_becomes_its_event(vector: dict[str, Any], size: int) -> None:
    frame = bytes.fromhex(vector["frame"])
    assert decoded(pieces(frame, size), silence=False) == [expected(vector)]


@pytest.mark.parametrize("size", [1, 2, 0])
def test_frames_without_a_gap_become_all_their_events(size: int) -> None:
    frames = b"".join(bytes.fromhex(vector["frame"]) for vector in VECTORS["event"])
    assert decoded(pieces(frames, size), silence=False) == [expected(vector) for vector in VECTORS["event"]]


@pytest.mark.parametrize("vector", VECTORS["event"], ids=named)
def test_acknowledgement_is_the_published_one(vector: dict[str, Any]) -> None:
    event = expected(vector)
    assert not isinstance(event, BadFrame)
    assert ff68.acknowledgement(event) == bytes.fromhex(vector["ack"])


@pytest.mark.parametrize("vector", VECTORS["command"], ids=named)
def test_command_is_the_published_frame(vector: dict[str, Any]) -> None:
    args = vector["args"]
    if vector["call"] == "show":
        args = {"waiting": None, "ticket": None} | args
    assert getattr(ff68, vector["call"])(**args) == bytes.fromhex(vector["frame"])


@pytest.mark.parametrize("size", [1, 2, 0])
@pytest.mark.parametrize("vector", VECTORS["bad"], ids=named)
def test_what_is_no_key_frame_is_told_with_its_reason(vector: dict[str, Any], size: int) -> None:
    frame = bytes.fromhex(vector["frame"])
    first, *_ = decoded(pieces(frame, size))
    assert isinstance(first, BadFrame)
    assert first.reason == vector["reason"]
    assert not presses(decoded(pieces(frame, size)))


def test_duplicates_are_events_too() -> None:
    assert presses(decoded([RATING * 3])) == [RATING] * 3


def test_press_may_be_as_much_older_as_its_bytes_took() -> None:
    (event,) = ff68.Decoder(char_s=10 / 9600).feed(RATING, 5.0)
    assert isinstance(event, RatingKey)
    assert event.uncertainty_s == pytest.approx(0.0104, abs=0.0001)


def test_only_one_to_five_stars() -> None:
    for count in (0, 6):
        with pytest.raises(ValueError, match="expected 1 to 5 stars"):
            ff68.stars(3, count)


# ---- spoilt bytes


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_any_bytes_in_any_pieces_never_raise_nor_make_up_a_frame(chunks: list[bytes]) -> None:
    stream = b"".join(chunks)
    events = decoded(chunks)
    for event in events:
        assert event.raw in stream
    assert b"".join(event.raw for event in events) == stream


FRAMES = st.sampled_from([bytes.fromhex(vector["frame"]) for vector in VECTORS["event"] + VECTORS["bad"]])
ALMOST = st.one_of(FRAMES, st.binary(max_size=6), FRAMES.map(lambda frame: frame[:-1]), FRAMES.map(lambda f: f[1:]))


@given(st.lists(ALMOST, max_size=12), st.lists(st.integers(min_value=1, max_value=9), min_size=1))
def test_events_do_not_depend_on_the_pieces(parts: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(parts)
    chunks, at = [], 0
    while at < len(stream):
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(stream[at : at + size])
        at += size
    assert decoded(chunks) == decoded([stream])
    assert b"".join(event.raw for event in decoded(chunks)) == stream


@given(st.lists(st.tuples(FRAMES, st.binary(max_size=20).filter(lambda noise: b"\xff" not in noise)), max_size=8))
def test_noise_between_frames_costs_no_frame(parts: list[tuple[bytes, bytes]]) -> None:
    stream = b"".join(noise + frame for frame, noise in parts)
    assert presses(decoded([stream])) == [frame for frame, _ in parts if presses(decoded([frame]))]


@given(st.binary(max_size=40), st.sampled_from([CALL, RATING, GIVE_UP]))
def test_after_any_noise_the_second_frame_at_the_latest_is_heard(noise: bytes, frame: bytes) -> None:
    assert presses(decoded([noise, frame, frame], silence=False))[-1] == frame


def faults(frame: bytes) -> list[bytes]:
    """The frame with every single byte lost, doubled, or with every single bit flipped."""
    spoilt = []
    for at, byte in enumerate(frame):
        before, after = frame[:at], frame[at + 1 :]
        spoilt += [before + after, before + bytes((byte, byte)) + after]
        spoilt += [before + bytes((byte ^ 1 << bit,)) + after for bit in range(8)]
    return spoilt


@pytest.mark.parametrize("body", ["01 0C", "01 0B", "01 06 0F", "11 00", "11 01", "11 02", "11 03"])
def test_one_spoilt_byte_never_makes_another_press_at_any_address(body: str) -> None:
    func, *data = bytes.fromhex(body)
    for address in range(256):
        frame = ff68.frame(address, func, bytes(data))
        for spoilt in faults(frame):
            assert set(presses(decoded([spoilt, RATING]))) <= {frame, RATING}
            assert presses(decoded([spoilt, RATING]))[-1] == RATING


def test_one_wrong_byte_is_always_found() -> None:
    for at in range(len(RATING)):
        for byte in set(range(256)) - {RATING[at]}:
            spoilt = RATING[:at] + bytes((byte,)) + RATING[at + 1 :]
            assert not presses(decoded([spoilt]))


def test_frame_cut_short_does_not_eat_the_next() -> None:
    for cut in range(1, len(RATING)):
        assert presses(decoded([RATING[:cut], CALL], silence=False)) == [CALL]


def test_silence_ends_a_frame_cut_short() -> None:
    decoder = ff68.Decoder()
    assert decoder.feed(RATING[:6], 1.0) == []
    assert decoder.silent(2.0) == [BadFrame(RATING[:6], "cut off: the line fell silent")]
    assert decoder.feed(RATING[6:], 3.0) == []
    assert presses(decoder.feed(CALL, 3.1)) == [CALL]


def test_silence_with_nothing_pending_says_nothing() -> None:
    decoder = ff68.Decoder()
    decoder.feed(RATING, 1.0)
    assert decoder.silent(2.0) == []


def test_endless_noise_is_told_in_pieces_and_held_in_bounds() -> None:
    decoder = ff68.Decoder()
    told = [event for _ in range(1000) for event in decoder.feed(b"\x00\xff\x68\x08\x08\x68" * 5, 1.0)]
    assert all(len(event.raw) <= ff68.NOISE_PIECE for event in told)
    held = sum(len(event.raw) for event in decoder.silent(2.0))
    assert held <= ff68.NOISE_PIECE + 15
    assert sum(len(event.raw) for event in told) + held == 30_000


# ---- the hub's own frames coming back


@pytest.mark.parametrize("frame", [CALL, ff68.arm(3), ff68.show(3, 1, "A001"), ff68.beep(3)])
def test_expected_echo_is_passed_over_once(frame: bytes) -> None:
    decoder = ff68.Decoder()
    decoder.expect_echo(frame, 0.9)
    assert decoder.feed(frame, 1.0) == []
    assert [event.raw for event in decoder.feed(frame, 1.0)] == [frame]


def test_echo_that_did_not_come_hides_no_later_press() -> None:
    decoder = ff68.Decoder()
    decoder.expect_echo(CALL, 0.9).until = 1.1
    assert presses(decoder.feed(CALL, 1.2)) == [CALL]


def test_echoes_that_never_come_are_forgotten() -> None:
    decoder = ff68.Decoder()
    for second in range(1000):
        decoder.expect_echo(ff68.beep(3), second).until = second + 0.1
    assert len(decoder._echoes) == 1


def test_press_is_heard_while_an_echo_is_due() -> None:
    decoder = ff68.Decoder()
    decoder.expect_echo(ff68.arm(3), 0.9)
    assert presses(decoder.feed(RATING + ff68.arm(3) + CALL, 1.0)) == [RATING, CALL]


# ---- what the driver says of itself


def test_vectors_cover_every_key_of_the_pad_and_the_evaluator() -> None:
    frames = [expected(vector) for vector in VECTORS["event"]]
    assert {event.keys[-1] for event in frames if isinstance(event, PadKey) and event.keys} >= ff68.PAD_KEYS
    assert {event.key for event in frames if isinstance(event, RatingKey)} >= {0, 1, 2, 3}


def test_default_levels_are_the_contract() -> None:
    assert ff68.DRIVER.levels == {0: 2, 1: 3, 2: 4, 3: 5}
    assert (ff68.DRIVER.name, ff68.DRIVER.family, ff68.DRIVER.speaks_unasked) == ("keypad.ff68", "keypad", True)


def test_protocol_is_free_of_input_and_output() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import drivers.keypad.protocols.ff68, sys; print(*sys.modules, sep='\\n')"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    ).stdout.split()
    assert "drivers.keypad.protocols.ff68" in loaded
    assert not {"asyncio", "serial", "logging", "drivers.transports", "drivers.keypad.session"} & set(loaded)


def test_vectors_name_their_source() -> None:
    assert all(vector["source"] for vector in VECTORS["event"] + VECTORS["command"])
    assert len({*map(named, VECTORS["event"])}) == len(VECTORS["event"])
    assert all(one["frame"] != other["frame"] for one, other in pairwise(VECTORS["event"]))
