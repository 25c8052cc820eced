"""The printer as the tables say; bytes are typed from devices.md §1.1 and §1.2 or built here by their rules."""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from dataclasses import replace
from pathlib import Path

import pytest
import segno
from PIL import ImageFont

from drivers.emulation.clock import HandClock, Pace
from drivers.emulation.ports import PtyPort
from drivers.emulation.truth import Truth
from drivers.emulation.wire import Wire
from drivers.printer.emulator import PAPER_58, PAPER_80, Cut, Printer, Profile, QrCode, Raster, Slip, TextLine
from drivers.printer.emulator.picture import draw, qr_bitmap
from drivers.printer.emulator.profiles import Flow
from tests.wires import Host

# devices.md §1.1
INITIALISE = bytes.fromhex("1B 40")
CHINESE_ON, CHINESE_OFF = bytes.fromhex("1C 26"), bytes.fromhex("1C 2E")
TIMES_4 = bytes.fromhex("1D 21 33")
NORMAL = bytes.fromhex("1D 21 00")
CENTRE = bytes.fromhex("1B 61 01")
FULL_CUT, PARTIAL_CUT = bytes.fromhex("1D 56 00"), bytes.fromhex("1D 56 01")
FEED_AND_CUT = bytes.fromhex("1D 56 42 30")
TO_WINDOW_3 = bytes.fromhex("41 30 30 31 20 C7 EB B5 BD 33 BA C5 B4 B0 BF DA 0A")  # "A001 请到3号窗口\n" [M]
QR_A001 = (
    bytes.fromhex("1D 28 6B 04 00 31 41 32 00")
    + bytes.fromhex("1D 28 6B 03 00 31 43 06")
    + bytes.fromhex("1D 28 6B 03 00 31 45 31")
    + bytes.fromhex("1D 28 6B 07 00 31 50 30 41 30 30 31")
    + bytes.fromhex("1D 28 6B 03 00 31 51 30")
)
PROCESS = bytes.fromhex("1D 28 48 06 00 30 30 01 02 03 04")
PROCESS_DONE = bytes.fromhex("37 22 01 02 03 04 00")
RECOVER = bytes.fromhex("10 05 02")
AUTOMATIC = bytes.fromhex("1D 61 0E")
LINE_S = 1 / 50  # devices.md §1.5: 50 lines a second


def ask(n: int) -> bytes:
    return bytes([0x10, 0x04, n])


def raster(rows: int, row_bytes: int = 48) -> bytes:
    head = bytes([0x1D, 0x76, 0x30, 0, row_bytes % 256, row_bytes // 256, rows % 256, rows // 256])
    return head + bytes([0xAA]) * (rows * row_bytes)


class Desk:
    def __init__(self, profile: Profile = PAPER_80, *, flow: Flow = "hardware", baud: int | None = None) -> None:
        self.clock = HandClock()
        self.wire = Wire(self.clock, baud=baud, half_duplex=False, seed=1)
        self.host = Host(self.wire)
        self.truth = Truth(self.clock)
        self.printer = Printer(self.wire, truth=self.truth, profile=profile, flow=flow)

    def send(self, data: bytes, wait_s: float = 5.0) -> bytes:
        self.host.send(data)
        self.clock.advance(wait_s)
        return self.host.take()

    def slip(self, data: bytes) -> Slip:
        before = len(self.printer.slips)
        self.send(data + FULL_CUT, 30)
        assert len(self.printer.slips) == before + 1
        return self.printer.slips[-1]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_published_line_is_read_as_chinese(desk: Desk) -> None:
    assert desk.slip(INITIALISE + CHINESE_ON + TO_WINDOW_3).text == "A001 请到3号窗口\n"
    printed = desk.truth.of("printed")[0].detail
    assert (printed["slip"], printed["text"]) == (1, "A001 请到3号窗口\n")


def test_an_export_model_prints_garbage_until_chinese_mode_is_on() -> None:
    desk = Desk(replace(PAPER_80, chinese_at_power_on=False))
    assert "窗口" not in desk.slip(INITIALISE + TO_WINDOW_3).text
    assert desk.slip(INITIALISE + CHINESE_ON + TO_WINDOW_3).text == "A001 请到3号窗口\n"
    assert "窗口" not in desk.slip(CHINESE_OFF + TO_WINDOW_3).text


def test_initialise_clears_modes_but_not_what_waits(desk: Desk) -> None:
    slip = desk.slip(TIMES_4 + CENTRE + b"A001\n" + INITIALISE + b"small\n")
    big, small = slip.lines
    assert (big.text, big.runs[0].width, big.runs[0].height, big.align) == ("A001", 4, 4, "centre")
    assert (small.text, small.runs[0].width, small.align) == ("small", 1, "left")


def test_gs_sizes_both_esc_only_ascii_and_fs_only_chinese(desk: Desk) -> None:
    def sizes(data: bytes) -> list[tuple[str, int, int]]:
        return [(run.text, run.width, run.height) for run in desk.slip(data).lines[0].runs]

    text = "A1号".encode("gb18030") + b"\n"
    assert sizes(INITIALISE + bytes.fromhex("1D 21 12") + text) == [("A1号", 2, 3)]
    assert sizes(INITIALISE + bytes.fromhex("1B 21 30") + text) == [("A1", 2, 2), ("号", 1, 1)]
    assert sizes(INITIALISE + bytes.fromhex("1C 21 0C") + text) == [("A1", 1, 1), ("号", 2, 2)]


def test_bold_and_underline(desk: Desk) -> None:
    line = desk.slip(bytes.fromhex("1B 21 08") + b"bold\n").lines[0]
    assert line.runs[0].bold
    line = desk.slip(bytes.fromhex("1B 40 1C 21 80") + "线".encode("gb18030") + b"a\n").lines[0]
    assert [run.underline for run in line.runs] == [True, False]


@pytest.mark.parametrize(
    ("command", "look"),
    [("1B 45 01", "bold"), ("1B 2D 01", "underline"), ("1D 42 01", "inverse")],
)
def test_other_looks_of_ascii(desk: Desk, command: str, look: str) -> None:
    assert getattr(desk.slip(bytes.fromhex(command) + b"A\n").lines[0].runs[0], look) is True
    assert getattr(desk.slip(INITIALISE + b"A\n").lines[0].runs[0], look) is False


def test_chinese_underline_tabs_and_stray_control_bytes(desk: Desk) -> None:
    line = desk.slip(bytes.fromhex("1C 2D 01") + "线".encode("gb18030") + b"\t\x07\rA\n").lines[0]
    assert line.text == "线 A"
    assert [run.underline for run in line.runs] == [True, False]


def test_line_spacing_changes_the_time_not_the_text(desk: Desk) -> None:
    # 48 dots a line, then the usual 24 again, then 60 dots of paper: 132 dots at 1200 a second.
    desk.host.send(
        bytes.fromhex("1B 33 30") + b"a\n" + bytes.fromhex("1B 32") + b"b\n" + bytes.fromhex("1B 4A 3C") + PROCESS
    )
    desk.clock.advance(0.109)
    assert desk.host.heard == b""
    desk.clock.advance(0.002)
    assert desk.host.heard == PROCESS_DONE


def test_half_a_chinese_character_is_garbage_not_a_crash(desk: Desk) -> None:
    half = "号".encode("gb18030")[:1]
    assert desk.slip(b"A" + half + b"\n").text == "A?\n"
    assert desk.slip(b"A" + half + CHINESE_OFF + b"B\n").text == "A?B\n"
    assert desk.slip(INITIALISE + b"A" + half + b" B\n").text == "A? B\n"


def test_malformed_pictures_and_cuts_are_passed_over(desk: Desk) -> None:
    slip = desk.slip(bytes.fromhex("1D 76 30 00 00 00 01 00 1D 56 07") + b"A\n")
    assert (slip.text, slip.rasters) == ("A\n", [])


def test_alignment_takes_only_at_the_start_of_a_line(desk: Desk) -> None:
    first, second = desk.slip(b"left" + CENTRE + b"still left\n" + CENTRE + b"centre\n").lines
    assert (first.align, second.align) == ("left", "centre")


@pytest.mark.parametrize(("profile", "columns"), [(PAPER_58, 32), (PAPER_80, 48)])
def test_a_line_that_is_too_long_wraps_at_the_papers_width(profile: Profile, columns: int) -> None:
    desk = Desk(profile)
    slip = desk.slip(b"x" * (columns + 1) + b"\n")
    assert [(len(line.text), line.wrapped) for line in slip.lines] == [(columns, True), (1, False)]
    slip = desk.slip(TIMES_4 + "号".encode("gb18030") * 10 + b"\n")
    assert len(slip.lines[0].text) == columns // 8
    assert slip.text == "号" * 10 + "\n"


def test_a_wrap_never_cuts_a_character(desk: Desk) -> None:
    slip = desk.slip(b"x" + "号".encode("gb18030") * 30 + b"\n")
    assert [line.text for line in slip.lines] == ["x" + "号" * 23, "号" * 7]


@pytest.mark.parametrize(
    ("charset", "text", "printed"),
    [
        ("gb18030", "朱镕基 𠮷", "朱镕基 𠮷"),
        ("gbk", "朱镕基", "朱镕基"),
        ("gb2312", "朱镕基", "朱□基"),
        ("gbk", "𠮷", "?4?5"),  # 95 34 B2 35: leads that GBK can't follow
    ],
)
def test_characters_that_the_font_lacks_come_out_as_the_model_does_it(charset: str, text: str, printed: str) -> None:
    desk = Desk(replace(PAPER_80, charset=charset))
    assert desk.slip(text.encode("gb18030") + b"\n").lines[0].text == printed


def test_the_published_qr_commands_print_a_code(desk: Desk) -> None:
    slip = desk.slip(CENTRE + QR_A001)
    assert slip.qr_codes == [QrCode(b"A001", module=6, level="M", align="centre")]
    assert desk.truth.of("printed")[0].detail["qr"] == "A001"


def test_printing_a_code_that_was_never_stored_prints_nothing(desk: Desk) -> None:
    assert desk.slip(bytes.fromhex("1D 28 6B 03 00 31 51 30")).qr_codes == []


def test_a_raster_larger_than_the_buffer_comes_out_whole(desk: Desk) -> None:
    slip = desk.slip(CENTRE + raster(384))
    assert slip.rasters == [Raster(48, 384, bytes([0xAA]) * 18432, "centre")]


def test_a_logo_takes_its_time_on_the_line() -> None:
    # devices.md §1.3: a 384×384 raster (18,432 bytes) takes 19.2 s at 9600.
    desk = Desk(PAPER_58, baud=9600)
    desk.host.send(raster(384) + PROCESS)
    desk.clock.advance(60)
    assert desk.host.heard == PROCESS_DONE
    assert desk.host.times[0] == pytest.approx(19.2, abs=0.1)


def test_cuts_are_as_the_profile_can() -> None:
    for cut, full_cut, partial in ((FULL_CUT, True, False), (FULL_CUT, False, True), (PARTIAL_CUT, True, True)):
        desk = Desk(replace(PAPER_80, full_cut=full_cut))
        desk.send(b"A001\n" + cut)
        assert desk.printer.slips[0].items[-1] == Cut(partial)


@pytest.mark.parametrize("cut", [FEED_AND_CUT, bytes.fromhex("1B 69"), bytes.fromhex("1B 6D")])
def test_the_other_cut_commands(desk: Desk, cut: bytes) -> None:
    desk.send(b"A001" + cut)
    assert desk.printer.slips[0].text == "A001\n"


def test_what_is_not_cut_stays_on_the_platen(desk: Desk) -> None:
    desk.send(b"A001\n" + bytes.fromhex("1B 64 03"))
    assert desk.printer.slips == []
    assert [item.text for item in desk.printer.on_platen if isinstance(item, TextLine)] == ["A001"]
    desk.send(FULL_CUT)
    assert desk.printer.on_platen == []


def test_printing_takes_50_lines_a_second(desk: Desk) -> None:
    desk.host.send(b"x\n" * 100 + PROCESS)
    desk.clock.advance(100 * LINE_S - 0.001)
    assert desk.host.heard == b""
    desk.clock.advance(0.002)
    assert desk.host.take() == PROCESS_DONE


def test_a_clone_does_not_answer_the_process_id() -> None:
    desk = Desk(replace(PAPER_80, process_id=False))
    assert desk.send(b"x\n" + PROCESS) == b""


def test_unknown_commands_are_passed_over_with_their_arguments(desk: Desk) -> None:
    slip = desk.slip(bytes.fromhex("1B 74 0F 1B 52 08 1D 4C 10 00 1D 28 4C 02 00 30 45 1B FF") + b"A001\n")
    assert slip.text == "A001\n"
    assert desk.truth.of("passed_over") != []


def test_the_drawer_pulse_is_noted(desk: Desk) -> None:
    desk.send(bytes.fromhex("1B 70 00 19 FA"))
    assert len(desk.truth.of("pulsed")) == 1


def test_the_printer_says_its_model(desk: Desk) -> None:
    assert desk.send(bytes.fromhex("1D 49 43")) == b"\x5fK80\x00"


def test_a_well_printer_answers_12_to_every_question(desk: Desk) -> None:
    assert b"".join(desk.send(ask(n)) for n in (1, 2, 3, 4)) == bytes.fromhex("12 12 12 12")
    assert desk.send(ask(9)) == b""


@pytest.mark.parametrize(
    ("change", "answers"),
    [
        # devices.md §1.2: off-line 1A; cover 16; paper stop 32; near end 1E; end and near 7E; drawer high 16
        ("near_end", "12 12 12 1E"),
        ("run_out", "1A 32 12 7E"),
        ("open_cover", "1A 16 12 12"),
        ("jam_cutter", "1A 52 1A 12"),
        ("overheat", "1A 52 52 12"),
    ],
)
def test_real_time_status_bit_by_bit(desk: Desk, change: str, answers: str) -> None:
    getattr(desk.printer, change)()
    assert b"".join(desk.send(ask(n)) for n in (1, 2, 3, 4)) == bytes.fromhex(answers)


def test_paper_stop_with_error_is_72_and_end_without_sensor_is_72() -> None:
    desk = Desk(replace(PAPER_80, near_end_sensor=False))
    desk.printer.run_out()
    assert desk.send(ask(4)) == b"\x72"
    desk.printer.jam_cutter()
    assert desk.send(ask(2)) == b"\x72"
    desk.printer.near_end()
    assert desk.send(ask(4)) == b"\x12"


def test_the_drawer_pin_makes_16(desk: Desk) -> None:
    desk.printer.set_drawer(high=True)
    assert desk.send(ask(1)) == b"\x16"


def test_a_question_inside_queued_data_is_answered_at_once_and_not_printed(desk: Desk) -> None:
    desk.host.send(b"x\n" * 100 + ask(4) + b"y\n" + FULL_CUT)
    desk.clock.advance(0.001)
    assert desk.host.take() == b"\x12"
    desk.clock.advance(10)
    assert desk.printer.slips[0].lines[-1].text == "y"


def test_a_question_inside_a_picture_is_answered_and_the_picture_stays_whole(desk: Desk) -> None:
    data = bytes([0x1D, 0x76, 0x30, 0, 3, 0, 1, 0]) + ask(1)
    desk.host.send(data + FULL_CUT)
    desk.clock.advance(5)
    assert desk.host.take() == b"\x12"
    assert desk.printer.slips[0].rasters[0].data == ask(1)


def test_a_question_in_three_pieces_is_answered(desk: Desk) -> None:
    for byte in ask(1):
        desk.host.send(bytes([byte]))
        desk.clock.advance(0.1)
    assert desk.host.take() == b"\x12"


def test_automatic_status_comes_at_once_and_at_each_change(desk: Desk) -> None:
    assert desk.send(AUTOMATIC) == bytes.fromhex("10 00 00 00")
    desk.printer.near_end()
    desk.clock.advance(1)
    assert desk.host.take() == bytes.fromhex("10 00 03 00")
    desk.printer.run_out()
    desk.clock.advance(1)
    assert desk.host.take() == bytes.fromhex("18 00 0F 00")
    desk.printer.open_cover()
    desk.clock.advance(1)
    assert desk.host.take() == bytes.fromhex("38 00 0F 00")
    desk.printer.close_cover()
    desk.printer.refill()
    desk.clock.advance(1)
    assert desk.host.take() == bytes.fromhex("18 00 0F 00 10 00 00 00")
    desk.printer.jam_cutter()
    desk.clock.advance(1)
    assert desk.host.take() == bytes.fromhex("18 08 00 00")


def test_automatic_status_tells_only_what_was_asked_for_and_can_be_switched_off(desk: Desk) -> None:
    desk.send(AUTOMATIC)
    desk.printer.set_drawer(high=True)
    desk.clock.advance(1)
    assert desk.host.take() == b""
    assert desk.send(bytes.fromhex("1D 61 00")) == b""
    desk.printer.open_cover()
    desk.clock.advance(1)
    assert desk.host.take() == b""


def test_queued_status_waits_its_turn_and_is_not_given_off_line(desk: Desk) -> None:
    assert desk.send(bytes.fromhex("1D 72 01")) == b"\x00"
    desk.printer.near_end()
    assert desk.send(bytes.fromhex("1B 76")) == b"\x03"
    desk.printer.run_out()
    assert desk.send(bytes.fromhex("1D 72 01")) == b""
    desk.printer.refill()
    desk.clock.advance(1)
    assert desk.host.take() == b"\x00"


def test_paper_out_in_mid_slip_prints_the_rest_after_the_refill(desk: Desk) -> None:
    desk.printer.run_out_after(2)
    desk.send(b"one\ntwo\nthree\nfour\n" + FULL_CUT + PROCESS)
    assert [item.text for item in desk.printer.on_platen if isinstance(item, TextLine)] == ["one", "two"]
    assert desk.host.take() == b""
    desk.printer.refill()
    desk.clock.advance(1)
    assert desk.printer.slips[0].text == "one\ntwo\nthree\nfour\n"
    assert desk.host.take() == PROCESS_DONE
    assert [one.what for one in desk.truth if one.what in {"stopped", "resumed"}] == ["stopped", "resumed"]
    assert desk.truth.of("stopped")[0].detail["why"] == "paper out"


def test_an_open_cover_stops_in_mid_line_and_nothing_is_lost_or_doubled(desk: Desk) -> None:
    desk.host.send(b"one\ntwo\nthree\n" + FULL_CUT)
    desk.clock.advance(1.5 * LINE_S)
    desk.printer.open_cover()
    desk.clock.advance(10)
    assert len(desk.printer.on_platen) == 1
    desk.printer.close_cover()
    desk.clock.advance(10)
    assert desk.printer.slips[0].text == "one\ntwo\nthree\n"


def test_a_jam_leaves_the_slip_uncut_until_dle_enq_2_which_forgets_what_waits(desk: Desk) -> None:
    desk.printer.jam_at_next_cut()
    desk.send(b"A001\n" + FULL_CUT + b"A002\n" + FULL_CUT)
    assert desk.printer.slips == []
    assert desk.send(ask(3)) == b"\x1a"
    desk.send(bytes.fromhex("10 05 01"))
    assert desk.printer.off_line
    desk.send(RECOVER + b"A003\n" + FULL_CUT)
    assert desk.printer.slips[0].text == "A001\nA003\n"
    assert len(desk.truth.of("recovered")) == 1


def test_a_power_cycle_frees_the_cutter_and_loses_what_waits_but_not_the_paper(desk: Desk) -> None:
    desk.printer.jam_at_next_cut()
    desk.send(b"A001\n" + FULL_CUT + b"A002\n")
    desk.printer.tap.off()
    assert desk.send(ask(1) + b"into the void\n") == b""
    desk.printer.tap.on()
    assert desk.send(ask(1)) == b"\x12"
    desk.send(b"A003\n" + FULL_CUT)
    assert desk.printer.slips[0].text == "A001\nA003\n"


def test_a_hot_head_pauses_and_goes_on_by_itself(desk: Desk) -> None:
    desk.printer.overheat()
    desk.send(b"A001\n" + FULL_CUT)
    assert desk.printer.slips == []
    desk.printer.cool_down()
    desk.clock.advance(1)
    assert len(desk.printer.slips) == 1


def test_a_silent_printer_prints_but_says_nothing(desk: Desk) -> None:
    desk.printer.tap.silent = True
    assert desk.send(ask(4) + b"A001\n" + FULL_CUT + PROCESS) == b""
    assert len(desk.printer.slips) == 1


def test_babble_is_random_and_repeats_with_the_seed() -> None:
    first, second = Desk(), Desk()
    for desk in (first, second):
        desk.printer.babble(20)
        desk.clock.advance(1)
    assert first.host.heard == second.host.heard
    assert len(first.host.heard) == 20


def test_slowness_stretches_printing(desk: Desk) -> None:
    desk.printer.slow = 10
    assert desk.send(b"x\n" + PROCESS, 9 * LINE_S) == b""
    desk.clock.advance(1.1 * LINE_S)
    assert desk.host.take() == PROCESS_DONE


def test_usb_port_status_needs_no_firmware(desk: Desk) -> None:
    assert desk.printer.usb_port_status() == 0x18
    desk.printer.tap.off()
    desk.printer.run_out()
    assert desk.printer.usb_port_status() == 0x30


def test_hardware_flow_holds_the_line_while_the_buffer_is_full() -> None:
    desk = Desk(baud=115200)
    desk.printer.run_out()
    desk.send(b"123456789\n" * 1000, 20)
    assert 4000 <= desk.printer.waiting_bytes <= 4096
    assert desk.host.station.backlog == 10_000 - desk.printer.waiting_bytes
    desk.printer.refill()
    desk.clock.advance(60)
    assert len(desk.printer.on_platen) == 1000
    assert desk.truth.of("overrun") == []


def test_a_model_that_is_busy_off_line_stops_reading_at_once() -> None:
    desk = Desk(replace(PAPER_80, busy_off_line=True))
    desk.printer.run_out()
    assert desk.send(ask(4)) == b""
    desk.printer.refill()
    desk.clock.advance(1)
    assert desk.host.take() == b"\x12"


def test_without_flow_control_what_does_not_fit_is_lost() -> None:
    desk = Desk(flow="none")
    desk.printer.run_out()
    desk.send(b"123456789\n" * 1000)
    desk.printer.refill()
    desk.clock.advance(60)
    assert len(desk.printer.on_platen) == 409
    assert sum(int(one.detail["bytes"] or 0) for one in desk.truth.of("overrun")) == 10_000 - 4096


def test_xoff_comes_before_the_buffer_is_full_and_xon_after_it_has_emptied() -> None:
    desk = Desk(flow="xonxoff", baud=115200)
    desk.printer.run_out()
    assert desk.send(b"1234\n" * 770) == b"\x13"
    desk.printer.refill()
    desk.clock.advance(30)
    assert desk.host.take() == b"\x11"
    assert desk.truth.of("overrun") == []


async def test_xoff_stops_a_program_on_a_pty(tmp_path: Path) -> None:
    pace = Pace(scale=40)
    wire = Wire(pace, baud=115200, half_duplex=False)
    port = PtyPort(wire, tmp_path / "printer")
    port.plug()
    truth = Truth(pace)
    printer = Printer(wire, truth=truth, flow="xonxoff")
    printer.run_out()
    program = os.open(port.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(program)
    settings = termios.tcgetattr(program)
    settings[0] |= termios.IXON
    termios.tcsetattr(program, termios.TCSANOW, settings)
    written = await _write_all(program, b"12345678901234567890123456789\n" * 700, printer)
    assert len(printer.on_platen) == 700
    assert (written, truth.of("overrun")) == (21_000, [])
    os.close(program)
    port.unplug()


async def _write_all(program: int, data: bytes, printer: Printer) -> int:
    """Write as the tty lets us; refill once the printer has stopped us for a while."""
    written, refused = 0, 0
    async with asyncio.timeout(20):
        while written < len(data) or len(printer.on_platen) < 700:
            try:
                written += os.write(program, data[written : written + 1000]) if written < len(data) else 0
            except BlockingIOError:
                refused += 1
            if refused == 20:
                printer.refill()
            await asyncio.sleep(0.002)
    assert refused >= 20
    return written


def test_a_slip_can_be_looked_at(desk: Desk) -> None:
    slip = desk.slip(CENTRE + TIMES_4 + b"A001\n" + NORMAL + b"x\n" + QR_A001 + raster(24) + bytes.fromhex("1B 64 02"))
    font = ImageFont.load_default(20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    picture = draw(slip, 576, font)
    modules = segno.make(b"A001", error="m", micro=False, boost_error=False)
    assert picture.size == (576, 96 + 24 + 21 * 6 + 24 + 48 + 8)
    top = 96 + 24
    left = (576 - 21 * 6) // 2
    for row, cells in enumerate(modules.matrix):
        for column, dark in enumerate(cells):
            assert (picture.getpixel((left + column * 6 + 3, top + row * 6 + 3)) == 0) is bool(dark)
    assert qr_bitmap(slip.qr_codes[0]).size == (126, 126)
