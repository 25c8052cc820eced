"""The wire's arithmetic, by hand-moved time."""

from __future__ import annotations

import pytest

from drivers.emulation.clock import HandClock
from drivers.emulation.faults import Faults, seeded
from drivers.emulation.wire import Wire
from tests.wires import Host

BYTE_S = 10 / 9600  # devices.md §7.2: 1.042 ms a character at 9600


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def test_a_byte_takes_ten_bits_of_the_line(clock: HandClock) -> None:
    wire = Wire(clock, baud=9600)
    sender, hearer = Host(wire), Host(wire)
    sender.send(b"ten bytes!")
    clock.advance(1)
    assert hearer.heard == b"ten bytes!"
    assert hearer.times == pytest.approx([BYTE_S * n for n in range(1, 11)])


def test_a_byte_is_not_there_before_its_end(clock: HandClock) -> None:
    wire = Wire(clock, baud=9600)
    sender, hearer = Host(wire), Host(wire)
    sender.send(b"A001")
    clock.advance(BYTE_S * 2.5)
    assert hearer.heard == b"A0"


def test_an_instant_line_carries_everything_at_once(clock: HandClock) -> None:
    wire = Wire(clock, baud=None)
    sender, hearer = Host(wire), Host(wire)
    sender.send(b"A" * 5000)
    assert hearer.heard == b""
    clock.advance(0)
    assert len(hearer.heard) == 5000


def test_every_station_hears_and_the_sender_only_its_echo(clock: HandClock) -> None:
    wire = Wire(clock)
    deaf_to_itself, with_echo, third = Host(wire), Host(wire, echo=True), Host(wire)
    with_echo.send(b"ab")
    clock.advance(1)
    deaf_to_itself.send(b"c")
    clock.advance(1)
    assert (deaf_to_itself.heard, with_echo.heard, third.heard) == (b"ab", b"abc", b"abc")


def test_two_talkers_garble_the_bytes_that_overlap_and_no_others(clock: HandClock) -> None:
    wire = Wire(clock, seed=3)
    one, two, hearer = Host(wire), Host(wire), Host(wire)
    one.send(b"\x00" * 6)
    clock.advance(BYTE_S * 3.5)
    two.send(b"\xff" * 2)
    clock.advance(1)
    # The second talker spans 3.5 to 5.5: bytes 3, 4 and 5 of the first are hit, and both of its own.
    assert wire.collisions == 5
    assert hearer.heard[:3] == b"\x00\x00\x00"
    assert len(hearer.heard) == 8


def test_what_was_said_before_the_other_spoke_arrives_whole(clock: HandClock) -> None:
    wire = Wire(clock)
    one, two, hearer = Host(wire), Host(wire), Host(wire)
    one.send(b"first")
    clock.advance(BYTE_S * 5)
    two.send(b"second")
    clock.advance(1)
    assert hearer.heard == b"firstsecond"
    assert wire.collisions == 0


def test_a_collision_is_the_same_again_with_the_same_seed() -> None:
    def collide(seed: int) -> bytes:
        clock = HandClock()
        wire = Wire(clock, seed=seed)
        one, two, hearer = Host(wire), Host(wire), Host(wire)
        one.send(b"\x55" * 8)
        two.send(b"\xaa" * 8)
        clock.advance(1)
        return bytes(hearer.heard)

    assert collide(1) == collide(1) != collide(2)


def test_a_full_duplex_wire_has_no_collisions(clock: HandClock) -> None:
    wire = Wire(clock, half_duplex=False)
    one, two = Host(wire), Host(wire)
    one.send(b"question")
    two.send(b"answer")
    clock.advance(1)
    assert (one.heard, two.heard, wire.collisions) == (b"answer", b"question", 0)


def test_a_sender_that_is_held_back_stops_after_the_current_byte(clock: HandClock) -> None:
    wire = Wire(clock, half_duplex=False)
    sender, printer = Host(wire), Host(wire)
    sender.send(b"0123456789")
    clock.advance(BYTE_S * 4)
    wire.hold(printer.station, held=True)
    clock.advance(5)
    assert printer.heard == b"0123"
    wire.hold(printer.station, held=False)
    clock.advance(BYTE_S * 6)
    assert printer.heard == b"0123456789"


def test_a_station_that_left_hears_and_says_nothing(clock: HandClock) -> None:
    wire = Wire(clock)
    one, two = Host(wire), Host(wire)
    one.send(b"lost")
    wire.leave(one.station)
    two.send(b"unheard")
    clock.advance(1)
    assert (one.heard, two.heard) == (b"", b"")


@pytest.mark.parametrize(
    ("knob", "arrived"),
    [("drop", b""), ("double", b"AABB"), ("silent", b"")],
)
def test_a_knob_turned_fully_up_hits_every_byte(clock: HandClock, knob: str, arrived: bytes) -> None:
    wire = Wire(clock)
    sender, hearer = Host(wire), Host(wire)
    setattr(wire.faults, knob, True)
    sender.send(b"AB")
    clock.advance(1)
    assert hearer.take() == arrived
    assert wire.faults.counts[knob] == 2
    wire.faults.clear()
    sender.send(b"AB")
    clock.advance(1)
    assert hearer.take() == b"AB"


def test_a_flip_changes_one_bit() -> None:
    flipped = Faults(flip=1.0).spoil(bytes(256), seeded(1))
    assert all(byte.bit_count() == 1 for byte in flipped)


def test_noise_stands_before_the_bytes_and_keeps_them() -> None:
    arrived = Faults(noise=1.0).spoil(b"AB", seeded(1))
    assert len(arrived) == 4
    assert (arrived[1:2], arrived[3:4]) == (b"A", b"B")


def test_shares_are_met_over_many_bytes_and_repeat_with_the_seed() -> None:
    faults = Faults(drop=0.1)
    arrived = faults.spoil(bytes(10_000), seeded(5))
    assert 8800 < len(arrived) < 9200
    assert faults.counts["drop"] == 10_000 - len(arrived)
    assert Faults(drop=0.1).spoil(bytes(range(256)), seeded(5)) == Faults(drop=0.1).spoil(bytes(range(256)), seeded(5))


def test_a_stations_own_faults_leave_the_other_way_alone(clock: HandClock) -> None:
    wire = Wire(clock, half_duplex=False)
    host, device = Host(wire), Host(wire)
    device.station.faults = Faults(drop=1.0)
    host.send(b"ask")
    device.send(b"answer")
    clock.advance(1)
    assert (host.heard, device.heard) == (b"", b"ask")


def test_noise_out_of_nowhere_is_heard_by_all(clock: HandClock) -> None:
    wire = Wire(clock, seed=1)
    one, two = Host(wire), Host(wire)
    wire.noise(12)
    assert one.heard == two.heard
    assert len(one.heard) == 12
