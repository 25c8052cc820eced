"""No bytes upset an emulated device: it never raises, and afterwards it still does its work."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.emulation.clock import HandClock
from drivers.emulation.truth import Truth
from drivers.emulation.wire import Wire
from drivers.keypad.emulator import Keypads
from drivers.led.emulator import Signs
from drivers.printer.emulator import PAPER_80, Printer
from tests.wires import Host

# devices.md §3.1 and §2.1
BEEP_3 = bytes.fromhex("FF 68 02 02 68 03 03 06 16")
LEAD = bytes.fromhex("A5 A5 A5 A5 A5 A5 A5 A5")
PING = LEAD + bytes.fromhex("01 00 00 80 00 00 00 00 00 00 FE 02 05 00 A2 00 01 00 00 68 F8 5A")
PINGED = LEAD + bytes.fromhex("00 80 01 00 00 00 00 00 00 00 FE 02 05 00 A0 00 00 00 00 64 DC 5A")
DELETE_ALL = LEAD + bytes.fromhex("01 00 00 80 00 00 00 00 00 00 FE 02 07 00 A3 06 01 02 00 FF 00 67 CC 5A")
CHECK_MODE = 16
"""The byte that says whether there is a check at all; nothing protects it."""
LIVELY = st.lists(
    st.sampled_from(
        [b"\x1b", b"\x1c", b"\x1d", b"\x10", b"\x04", b"(", b"k", b"v", b"V", b"\xa5", b"\x5a", b"\xff\x68"]
    )
    | st.binary(max_size=20),
    max_size=30,
).map(b"".join)


def line(seed: int = 0) -> tuple[HandClock, Wire, Host]:
    clock = HandClock()
    wire = Wire(clock, baud=9600, seed=seed)
    return clock, wire, Host(wire)


@given(LIVELY)
@settings(max_examples=60, deadline=None)
def test_a_pad_obeys_after_any_bytes(data: bytes) -> None:
    clock, wire, host = line()
    pad = Keypads(wire, truth=Truth(clock)).add(3)
    host.send(data)
    clock.advance(5)
    before = pad.beeps
    host.send(BEEP_3)
    clock.advance(1)
    assert pad.beeps == before + 1


@given(LIVELY)
@settings(max_examples=60, deadline=None)
def test_a_sign_answers_after_any_bytes(data: bytes) -> None:
    clock, wire, host = line()
    Signs(wire, truth=Truth(clock)).add(1)
    host.send(data)
    clock.advance(5)
    host.take()
    host.send(PING)
    clock.advance(1)
    assert host.take() == PINGED


@given(LIVELY)
@settings(max_examples=60, deadline=None)
def test_a_printer_answers_after_any_bytes(data: bytes) -> None:
    clock, wire, host = line()
    Printer(wire, truth=Truth(clock), profile=PAPER_80)
    host.send(data + b"\x00\x00\x00")
    clock.advance(60)
    host.take()
    host.send(b"\x10\x04\x04")
    clock.advance(1)
    assert host.take().endswith(b"\x12")


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_frame_is_never_taken_for_another(seed: int) -> None:
    """Three bytes are replaced; the CRC lets one in 65,536 such frames through, none of these."""
    rng = random.Random(seed)
    clock, wire, host = line(seed)
    truth = Truth(clock)
    Signs(wire, truth=truth).add(1)
    for _ in range(50):
        broken = bytearray(DELETE_ALL)
        for position in rng.sample([*range(9, CHECK_MODE), *range(CHECK_MODE + 1, len(broken) - 1)], 3):
            broken[position] = (broken[position] + rng.randrange(1, 256)) % 256
        host.send(bytes(broken))
        clock.advance(0.5)
    assert {one.what for one in truth} <= {"refused", "answered"}
    assert PINGED not in host.heard
