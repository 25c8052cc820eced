"""FF68 pads as the table says; every frame here is typed from devices.md §3.1, none comes from our own code."""

from __future__ import annotations

from itertools import pairwise

import pytest

from drivers.emulation.clock import HandClock
from drivers.emulation.truth import Truth
from drivers.emulation.wire import Wire
from drivers.keypad.emulator import CALL, EVALUATE, GIVE_UP, Keypad, Keypads
from tests.wires import Host

# devices.md §3.1, examples marked [M]
CALL_3 = bytes.fromhex("FF 68 03 03 68 03 01 0C 10 16")
EVALUATE_3 = bytes.fromhex("FF 68 03 03 68 03 01 0B 0F 16")
GIVE_UP_3 = bytes.fromhex("FF 68 04 04 68 03 01 06 0F 19 16")
TICKET_001 = bytes.fromhex("FF 68 08 08 68 03 02 0A 0A 0A 00 00 01 24 16")
BEEP_3 = bytes.fromhex("FF 68 02 02 68 03 03 06 16")
RATING_1 = bytes.fromhex("FF 68 03 03 68 03 11 01 15 16")
RATING_1_ACK = bytes.fromhex("FF 68 03 03 68 03 01 01 05 16")
# By the same rule: star lamps 4 on pad 3, 03 + 02 + 04 = 09.
STARS_4 = bytes.fromhex("FF 68 03 03 68 03 02 04 09 16")
FRAME_S = 10 * 10 / 9600


class Line:
    def __init__(self, seed: int = 1) -> None:
        self.clock = HandClock()
        self.wire = Wire(self.clock, seed=seed)
        self.host = Host(self.wire)
        self.truth = Truth(self.clock)
        self.pads = Keypads(self.wire, truth=self.truth, seed=seed)

    def answer(self, frame: bytes) -> None:
        self.host.send(frame)
        self.clock.advance(0.05)

    def words(self, device: str | None = None) -> list[str]:
        return [one.what for one in self.truth.of(device=device)]


@pytest.fixture
def line() -> Line:
    line = Line()
    line.pads.add(3)
    return line


@pytest.fixture
def pad(line: Line) -> Keypad:
    return line.pads.at(3)


@pytest.mark.parametrize(("keys", "frame"), [(CALL, CALL_3), (EVALUATE, EVALUATE_3), (GIVE_UP, GIVE_UP_3)])
def test_a_pad_key_is_the_published_frame(line: Line, keys: tuple[int, ...], frame: bytes) -> None:
    line.pads.pad(3, keys)
    line.clock.advance(0.1)
    assert line.host.take() == frame


def test_a_rating_is_the_published_frame_and_takes_its_time(line: Line) -> None:
    line.pads.press(3, 1)
    line.clock.advance(0.1)
    assert line.host.heard == RATING_1
    assert line.host.times[-1] == pytest.approx(FRAME_S)


def test_a_rating_is_sent_four_times_until_acknowledged(line: Line) -> None:
    line.pads.press(3, 1)
    line.clock.advance(5)
    assert line.host.take() == RATING_1 * 4
    assert line.words()[-1] == "unacked"


def test_repeats_are_about_200_ms_apart(line: Line) -> None:
    line.pads.press(3, 1)
    line.clock.advance(5)
    at = [one.at for one in line.truth.of("sent")]
    gaps = [later - earlier - FRAME_S for earlier, later in pairwise(at)]
    assert all(0.17 <= gap <= 0.23 for gap in gaps)


def test_the_acknowledgement_of_a_rating_ends_the_repeats(line: Line) -> None:
    line.pads.press(3, 1)
    line.clock.advance(0.3)
    line.host.take()
    line.answer(RATING_1_ACK)
    line.clock.advance(5)
    assert line.host.take() == b""
    acked = line.truth.of("acked")
    assert [(one.detail["press"], one.detail["raw"], one.detail["attempt"]) for one in acked] == [(1, RATING_1_ACK, 2)]


def test_a_key_is_acknowledged_by_its_own_echo(line: Line) -> None:
    line.pads.pad(3, GIVE_UP)
    line.clock.advance(0.1)
    line.answer(GIVE_UP_3)
    line.clock.advance(5)
    assert line.host.take() == GIVE_UP_3
    assert "acked" in line.words()


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(RATING_1, id="the rating itself, func 11"),
        pytest.param(bytes.fromhex("FF 68 03 03 68 03 01 02 06 16"), id="another value"),
        pytest.param(bytes.fromhex("FF 68 03 03 68 04 01 01 06 16"), id="another address"),
        pytest.param(bytes.fromhex("FF 68 03 03 68 03 01 01 15 16"), id="the rating's check sum"),
        pytest.param(bytes.fromhex("FF 68 03 03 68 03 01 01 05 17"), id="a wrong end"),
        pytest.param(bytes.fromhex("FF 68 03 04 68 03 01 01 05 16"), id="lengths that differ"),
        pytest.param(CALL_3, id="another key's echo"),
    ],
)
def test_nothing_else_acknowledges(line: Line, wrong: bytes) -> None:
    line.pads.press(3, 1)
    line.clock.advance(0.05)
    line.answer(wrong)
    line.clock.advance(5)
    assert "acked" not in line.words()
    assert line.host.take() == RATING_1 * 4


def test_an_acknowledgement_behind_noise_and_half_a_frame_counts(line: Line) -> None:
    line.pads.press(3, 1)
    line.clock.advance(0.05)
    line.answer(b"\x00\xff\xff\x68\x03" + RATING_1_ACK)
    assert "acked" in line.words()


def test_an_acknowledgement_in_two_halves_counts_unless_the_gap_is_long(line: Line) -> None:
    for gap_s, counts in ((0.02, True), (0.2, False)):
        line.pads.press(3, 1)
        line.clock.advance(0.015)
        line.host.send(RATING_1_ACK[:5])
        line.clock.advance(gap_s)
        line.host.send(RATING_1_ACK[5:])
        line.clock.advance(5)
        assert (line.truth.of("acked") != []) is counts
        line.truth = line.pads.at(3)._truth = Truth(line.clock)


def test_presses_go_out_one_after_the_other(line: Line) -> None:
    line.pads.press(3, 1)
    line.pads.pad(3, CALL)
    line.clock.advance(0.05)
    assert line.host.take() == RATING_1
    line.answer(RATING_1_ACK)
    assert line.host.take() == CALL_3


def test_more_presses_than_the_device_keeps_are_dropped(line: Line) -> None:
    for _ in range(10):
        line.pads.press(3, 1)
    assert len(line.truth.of("pressed")) == 10
    assert len(line.truth.of("dropped")) == 2


def test_the_host_arms_the_evaluator(line: Line, pad: Keypad) -> None:
    assert not pad.armed
    line.answer(EVALUATE_3)  # host→evaluator 01 0B is the same frame as the pad's own key
    assert pad.armed
    assert [one.detail["by"] for one in line.truth.of("armed")] == ["host"]


def test_the_pads_own_evaluate_key_arms_without_the_host(line: Line, pad: Keypad) -> None:
    line.pads.pad(3, EVALUATE)
    assert pad.armed
    assert [one.detail["by"] for one in line.truth.of("armed")] == ["pad"]


def test_an_evaluation_ends_by_itself(line: Line) -> None:
    pad = line.pads.add(5, armed_s=8)
    pad.pad(EVALUATE)
    line.clock.advance(7.9)
    assert pad.armed
    line.clock.advance(0.2)
    assert not pad.armed
    assert [one.detail["why"] for one in line.truth.of("disarmed")] == ["timeout"]


def test_arming_again_starts_the_time_again(line: Line) -> None:
    pad = line.pads.add(5, armed_s=8)
    pad.pad(EVALUATE)
    line.clock.advance(5)
    pad.pad(EVALUATE)
    line.clock.advance(5)
    assert pad.armed


def test_one_rating_ends_the_evaluation(line: Line, pad: Keypad) -> None:
    line.pads.pad(3, EVALUATE)
    line.pads.press(3, 0)
    line.pads.press(3, 0)
    assert not pad.armed
    assert [one.detail["armed"] for one in line.truth.of("pressed")] == [True, False]


def test_a_press_that_nobody_invited_is_sent_all_the_same(line: Line) -> None:
    line.pads.press(3, 1)
    line.clock.advance(0.05)
    assert line.host.heard == RATING_1
    assert line.truth.of("pressed")[0].detail["armed"] is False


def test_a_device_may_swallow_what_nobody_invited(line: Line) -> None:
    pad = line.pads.add(5, swallows_unarmed=True)
    pad.press(1)
    line.clock.advance(5)
    assert line.host.take() == b""
    assert [one.what for one in line.truth.of(device="keypad-5")] == ["pressed", "swallowed"]


def test_the_display_shows_waiting_and_ticket(line: Line, pad: Keypad) -> None:
    line.answer(TICKET_001)
    assert (pad.waiting, pad.ticket) == ("   ", "001")


def test_beeps_are_counted_and_stars_light(line: Line, pad: Keypad) -> None:
    line.answer(BEEP_3 + BEEP_3)
    line.answer(STARS_4)
    assert (pad.beeps, pad.stars) == (2, 4)
    assert line.host.take() == b""


def test_only_the_addressed_pad_obeys(line: Line, pad: Keypad) -> None:
    other = line.pads.add(4)
    line.answer(BEEP_3)
    line.answer(TICKET_001)
    assert (pad.beeps, other.beeps) == (1, 0)
    assert other.ticket == "   "


def test_a_bouncing_key_sends_two_frames_30_to_80_ms_apart(line: Line) -> None:
    line.pads.press(3, 1, bounce=True)
    line.clock.advance(0.1)
    assert line.host.take() == RATING_1 * 2
    first, second = (one.at for one in line.truth.of("sent"))
    assert 0.03 <= second - first <= 0.08
    assert len(line.truth.of("pressed")) == 1


def test_a_stuck_key_presses_itself_until_released(line: Line, pad: Keypad) -> None:
    pad.stick(1)
    line.clock.advance(2.1)
    pad.release()
    line.clock.advance(5)
    assert len(line.truth.of("pressed")) == 5


def test_a_wrong_address_goes_out_as_set(line: Line, pad: Keypad) -> None:
    pad.address = 9
    line.pads.press(3, 1)
    line.clock.advance(0.05)
    assert line.host.heard == bytes.fromhex("FF 68 03 03 68 09 11 01 1B 16")


def test_two_devices_with_one_address_both_obey(line: Line, pad: Keypad) -> None:
    twin = line.pads.add(3)
    assert twin.name == "keypad-3.2"
    line.answer(BEEP_3)
    assert (pad.beeps, twin.beeps) == (1, 1)


def test_two_pads_at_once_collide_and_both_get_through_later(line: Line) -> None:
    line.pads.add(4)
    line.pads.press(3, 1)
    line.pads.press(4, 1)
    line.clock.advance(2)
    assert line.wire.collisions >= 20
    assert RATING_1 in line.host.heard
    assert bytes.fromhex("FF 68 03 03 68 04 11 01 16 16") in line.host.heard


def test_a_reboot_forgets_everything_and_is_deaf_meanwhile(line: Line, pad: Keypad) -> None:
    line.answer(TICKET_001)
    line.pads.pad(3, EVALUATE)
    pad.tap.reboot(1.5)
    line.host.take()
    line.answer(BEEP_3)
    line.pads.press(3, 1)
    line.clock.advance(1.6)
    assert (pad.armed, pad.ticket, pad.beeps) == (False, "   ", 0)
    assert line.host.take() == b""
    assert line.truth.of("pressed")[0].detail["dead"] is True
    line.pads.press(3, 1)
    line.clock.advance(0.05)
    assert line.host.take() == RATING_1


def test_a_silent_pad_counts_its_tries_but_says_nothing(line: Line, pad: Keypad) -> None:
    pad.tap.silent = True
    line.pads.press(3, 1)
    line.clock.advance(5)
    assert line.host.take() == b""
    assert len(line.truth.of("sent")) == 4


def test_a_slow_pad_speaks_later(line: Line, pad: Keypad) -> None:
    pad.tap.slow_s = 0.5
    line.pads.press(3, 1)
    line.clock.advance(0.5)
    assert line.host.heard == b""
    line.clock.advance(0.02)
    assert line.host.heard == RATING_1


def test_the_truth_is_written_as_lines_of_json(line: Line) -> None:
    line.pads.press(3, 1)
    pressed, sent = line.truth
    assert pressed.to_json() == (
        '{"at": 0.0, "device": "keypad-3", "what": "pressed", "press": 1, "key": 1, "armed": false, "dead": false}'
    )
    assert '"raw": "FF 68 03 03 68 03 11 01 15 16"' in sent.to_json()
