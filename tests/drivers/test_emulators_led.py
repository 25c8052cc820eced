"""The card as the tables say; worked frames are typed from devices.md §2.1, the others are built here by its rules."""

from __future__ import annotations

import asyncio

import pytest

from drivers.emulation.clock import HandClock, Pace
from drivers.emulation.ports import TcpPort
from drivers.emulation.truth import Truth
from drivers.emulation.wire import Wire
from drivers.led.emulator import Sign, Signs
from tests.wires import Host

LEAD = "A5 A5 A5 A5 A5 A5 A5 A5 "
# devices.md §2.1, worked frames [M]
PING = bytes.fromhex(LEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 05 00 A2 00 01 00 00 68 F8 5A")
STATUS = bytes.fromhex(LEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 05 00 A1 02 01 00 00 2D 40 5A")
CLEAR = bytes.fromhex(LEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 05 00 A3 10 01 00 00 51 F8 5A")
DELETE_ALL = bytes.fromhex(LEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 07 00 A3 06 01 02 00 FF 00 67 CC 5A")
ACK = bytes.fromhex(LEAD + "00 80 01 00 00 00 00 00 00 00 FE 02 05 00 A0 00 00 00 00 64 DC 5A")
TEXT = bytes.fromhex(
    LEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 33 00 A3 06 01 00 00 00 01 2A 00 00 00 00 00 00 08 00 10 00 00 00 00 00"
    " 00 00 00 00 01 01 01 00 00 0A 0F 00 00 00 41 30 30 31 C7 EB B5 BD 33 BA C5 B4 B0 BF DA CA A7 5A"
)
CHECK_SWITCHED_OFF = (16, 1)
"""Byte and bit of the header that turn check mode 0 (CRC) into 2 (none): the protocol's own hole."""


def crc(data: bytes) -> int:
    value = 0
    for byte in data:
        for bit in range(8):
            mix = (value ^ byte >> bit) & 1
            value = value >> 1 ^ 0xA001 * mix
    return value


def frame(
    data: bytes, *, address: int = 1, mode: int = 0, check: bytes | None = None, length: int | None = None
) -> bytes:
    size = len(data) if length is None else length
    body = address.to_bytes(2, "little") + b"\x00\x80" + bytes([0, 0, 0, 0, mode, 0, 0xFE, 2])
    body += size.to_bytes(2, "little") + data
    body += crc(body).to_bytes(2, "little") if check is None else check
    for plain, pair in ((b"\xa6", b"\xa6\x01"), (b"\xa5", b"\xa6\x02"), (b"\x5b", b"\x5b\x01"), (b"\x5a", b"\x5b\x02")):
        body = body.replace(plain, pair)
    return b"\xa5" * 8 + body + b"\x5a"


def area(
    text: str,
    *,
    number: int = 0,
    run_mode: int = 0,
    timeout_s: int = 0,
    single: int = 1,
    effect: int = 1,
    at: bytes = bytes(4),
    size: bytes = bytes([8, 0, 16, 0]),
    voice: int = 0,
    stay: int = 0x0A,
) -> bytes:
    body = b"\x00" + at + size + bytes([number, 0, run_mode]) + timeout_s.to_bytes(2, "little")
    body += bytes([voice, 0, 0, single, 1, effect, 0, 0, stay])
    coded = text.encode("gbk")
    body += len(coded).to_bytes(4, "little") + coded
    return len(body).to_bytes(2, "little") + body


def update(*areas: bytes, delete: bytes = b"\x00", reply: int = 1) -> bytes:
    return b"\xa3\x06" + bytes([reply, 0, 0]) + delete + bytes([len(areas)]) + b"".join(areas)


class Line:
    def __init__(self) -> None:
        self.clock = HandClock()
        self.wire = Wire(self.clock, seed=1)
        self.host = Host(self.wire)
        self.truth = Truth(self.clock)
        self.signs = Signs(self.wire, truth=self.truth, seed=1)

    def ask(self, frame: bytes) -> bytes:
        self.host.send(frame)
        self.clock.advance(0.5)
        return self.host.take()

    def shown(self, at: float | None = None) -> str:
        return self.signs.what_is_shown(1, at)


@pytest.fixture
def line() -> Line:
    line = Line()
    line.signs.add(1)
    return line


@pytest.fixture
def sign(line: Line) -> Sign:
    return line.signs.at(1)


def nack(code: int) -> bytes:
    body = bytes.fromhex("00 80 01 00 00 00 00 00 00 00 FE 02 05 00 A0 01") + bytes([code, 0, 0])
    return b"\xa5" * 8 + body + crc(body).to_bytes(2, "little") + b"\x5a"


def test_our_own_frames_are_built_like_the_published_ones() -> None:
    assert frame(bytes.fromhex("A2 00 01 00 00")) == PING
    assert frame(update(area("A001请到3号窗口"))) == TEXT


@pytest.mark.parametrize("published", [PING, TEXT, CLEAR, DELETE_ALL])
def test_a_published_frame_is_acknowledged_with_the_published_frame(line: Line, published: bytes) -> None:
    assert line.ask(published) == ACK


def test_the_published_text_is_shown(line: Line) -> None:
    line.ask(TEXT)
    assert line.shown() == "A001请到3号窗口"
    assert line.truth.of("updated")[0].detail["text"] == "A001请到3号窗口"


def test_the_answer_starts_5_to_50_ms_after_the_frame(line: Line) -> None:
    starts = []
    for _ in range(50):
        line.host.send(PING)
        began = line.clock.now()
        line.clock.advance(0.5)
        starts.append(line.host.times[0] - 10 / 9600 - began - len(PING) * 10 / 9600)
        line.host.take()
    assert min(starts) >= 0.005 - 1e-9
    assert max(starts) <= 0.05 + 1e-9
    assert max(starts) - min(starts) > 0.02


def test_one_lead_in_byte_is_enough_and_repeated_ends_are_dropped(line: Line) -> None:
    assert line.ask(PING[7:]) == ACK
    assert line.ask(b"\x5a\x5a" + PING + b"\x5a\x5a") == ACK


@pytest.mark.parametrize("text", ["アイウ", "Z[Z[", "ウ[A001]Z"])
def test_bytes_that_look_like_the_framing_are_escaped_and_shown(line: Line, text: str) -> None:
    # GB2312 katakana begins with A5; Z and [ are 5A and 5B.
    assert line.ask(frame(update(area(text)))) == ACK
    assert line.shown() == text


def test_another_address_is_passed_over_in_silence(line: Line) -> None:
    assert line.ask(frame(update(area("别人")), address=2)) == b""
    assert line.shown() == ""
    assert len(line.truth) == 0


@pytest.mark.parametrize("address", [0xFFFE, 0xFFFF])
def test_a_broadcast_is_obeyed_and_not_answered(line: Line, address: int) -> None:
    other = line.signs.add(2)
    assert line.ask(frame(update(area("大家")), address=address)) == b""
    assert line.shown() == other.shown().text == "大家"


def test_no_answer_where_none_is_wanted(line: Line) -> None:
    assert line.ask(frame(update(area("悄悄"), reply=2))) == b""
    assert line.shown() == "悄悄"


def test_a_wrong_check_is_refused_and_nothing_changes(line: Line) -> None:
    line.ask(TEXT)
    assert line.ask(frame(update(area("坏")), check=b"\x12\x34")) == nack(1)
    assert line.shown() == "A001请到3号窗口"
    assert line.truth.of("refused")[0].detail["reason"] == "check"


def test_any_flipped_bit_is_refused_or_passed_over(line: Line) -> None:
    for position in range(8, len(TEXT) - 1):
        for bit in range(8):
            broken = bytearray(TEXT)
            broken[position] ^= 1 << bit
            if (position, bit) == CHECK_SWITCHED_OFF:
                continue
            assert line.ask(bytes(broken)) != ACK, f"byte {position} bit {bit}"
    assert line.shown() == ""


def test_a_wrong_length_is_refused(line: Line) -> None:
    assert line.ask(frame(update(area("长")), length=200)) == nack(2)


def test_the_sum_and_no_check_are_accepted_as_the_header_says(line: Line) -> None:
    data = update(area("和"))
    head = bytes.fromhex("01 00 00 80 00 00 00 00 01 00 FE 02") + len(data).to_bytes(2, "little")
    total = (sum(head + data) & 0xFFFF).to_bytes(2, "little")
    assert line.ask(frame(data, mode=1, check=total)) == ACK
    assert line.ask(frame(data, mode=1, check=b"\x00\x00")) == nack(1)
    assert line.ask(frame(data, mode=2, check=b"\x00\x00")) == ACK
    assert line.ask(frame(data, mode=2, check=b"")) == ACK


def test_an_escape_that_does_not_exist_is_refused(line: Line) -> None:
    assert line.ask(PING.replace(b"\xa2\x00", b"\xa6\x07")) == nack(1)
    assert line.truth.of("refused")[0].detail["reason"] == "escape"


def test_a_frame_without_end_or_too_short_to_name_anyone_is_passed_over(line: Line) -> None:
    line.host.send(b"\xa5" + b"\x01" * 9000 + b"\x5a")
    line.clock.advance(15)
    assert line.host.take() == b""
    assert line.ask(b"\xa5\x01\x00\x5a") == b""
    assert line.ask(PING) == ACK


def test_an_unknown_command_and_a_broken_body_are_refused(line: Line) -> None:
    assert line.ask(frame(bytes.fromhex("A9 09 01 00 00"))) == nack(3)
    assert line.ask(frame(update(area("声", voice=1)))) == nack(4)
    assert line.ask(frame(update(area("短"))[:-1])) == nack(4)
    assert line.ask(frame(update(area("长")) + b"\x00")) == nack(4)


def test_a_pause_of_more_than_100_ms_drops_the_frame(line: Line) -> None:
    for pause_s, answer in ((0.09, ACK), (0.12, b"")):
        line.host.send(TEXT[:30])
        line.clock.advance(30 * 10 / 9600 + pause_s)
        assert line.ask(TEXT[30:]) == answer


def test_a_sign_that_nobody_refreshes_goes_blank_in_run_mode_2(line: Line) -> None:
    line.ask(frame(update(area("A001", run_mode=2, timeout_s=30))))
    placed = line.truth.of("updated")[0].at
    assert line.shown(placed + 29.9) == "A001"
    assert line.shown(placed + 30) == ""
    line.clock.advance(25)
    line.ask(frame(update(area("A001", run_mode=2, timeout_s=30))))
    assert line.shown(placed + 50) == "A001"


def test_run_mode_3_shows_the_logo_and_modes_0_and_1_stay(line: Line, sign: Sign) -> None:
    line.ask(frame(update(area("A001", run_mode=3, timeout_s=5))))
    assert sign.shown(line.clock.now() + 6).logo
    for run_mode in (0, 1):
        line.ask(frame(update(area("A001", run_mode=run_mode, timeout_s=5))))
        assert line.shown(line.clock.now() + 3600) == "A001"


def test_a_text_played_once_ends_after_its_pages(line: Line) -> None:
    line.ask(frame(update(area("请到三号窗口", run_mode=4, stay=4))))
    placed = line.truth.of("updated")[0].at
    assert line.shown(placed + 3.9) == "请到三号窗口"
    assert line.shown(placed + 4.1) == ""


def test_static_text_that_is_too_long_turns_pages(line: Line, sign: Sign) -> None:
    # 64 px are 4 hanzi or 8 ASCII cells; A001 and 请到 fill them.
    line.ask(TEXT)
    placed = line.truth.of("updated")[0].at
    pages = [sign.shown(placed + 0.1 + 5 * turn).page for turn in range(3)]
    assert pages == ["A001请到", "3号窗口", "A001请到"]


def test_the_last_page_stays_in_run_mode_1(line: Line, sign: Sign) -> None:
    line.ask(frame(update(area("A001请到3号窗口", run_mode=1))))
    assert sign.shown(line.clock.now() + 60).page == "3号窗口"


def test_lines_and_codes_are_the_pages_not_the_text(line: Line, sign: Sign) -> None:
    line.ask(frame(update(area(r"\C2\FO001窗口\C13号\n暂停", single=2, size=bytes([8, 0, 32, 0])))))
    shown = sign.shown()
    assert (shown.text, shown.page, shown.colour) == ("窗口3号\n暂停", "窗口3号\n暂停", "green")


def test_a_scrolling_text_is_one_page(line: Line, sign: Sign) -> None:
    line.ask(frame(update(area("请A001到3号窗口办理", effect=3))))
    assert sign.shown().page == "请A001到3号窗口办理"


def test_areas_stand_side_by_side_by_id_and_are_deleted_by_id(line: Line, sign: Sign) -> None:
    line.ask(frame(update(area("下行", number=2, at=bytes([0, 0, 16, 0])), area("上行", number=1))))
    assert line.shown() == "上行\n下行"
    line.ask(frame(update(area("新上", number=1))))
    assert line.shown() == "新上\n下行"
    line.ask(frame(update(delete=b"\x01\x01")))
    assert line.shown() == "下行"
    line.ask(DELETE_ALL)
    assert line.shown() == ""
    assert [one.detail["areas"] for one in line.truth.of("deleted")] == ["1", "2"]


def test_measures_are_bytes_of_8_pixels_or_pixels(line: Line, sign: Sign) -> None:
    line.ask(frame(update(area("宽", at=bytes([0x05, 0x80, 0, 0]), size=bytes([0x46, 0x80, 16, 0])))))
    assert (sign.areas[0].x, sign.areas[0].width) == (5, 70)
    line.ask(TEXT)
    assert sign.areas[0].width == 64


def test_a_program_shows_while_there_is_no_area_until_cleared() -> None:
    line = Line()
    line.signs.add(1, program="欢迎光临")
    assert line.shown() == "欢迎光临"
    line.ask(TEXT)
    assert line.shown() == "A001请到3号窗口"
    line.ask(DELETE_ALL)
    assert line.shown() == "欢迎光临"
    line.ask(CLEAR)
    assert line.shown() == ""


def test_power_loss_forgets_the_areas_and_boots_to_the_program(line: Line) -> None:
    sign = line.signs.add(7, program="欢迎")
    line.ask(frame(update(area("A001")), address=7))
    sign.tap.reboot(2)
    assert sign.shown().blank
    assert line.ask(frame(bytes.fromhex("A2 00 01 00 00"), address=7)) == b""
    line.clock.advance(2)
    assert sign.shown().text == "欢迎"
    assert line.ask(frame(bytes.fromhex("A2 00 01 00 00"), address=7)) != b""


def test_what_was_shown_earlier_can_be_asked(line: Line) -> None:
    line.ask(frame(update(area("早"))))
    early = line.clock.now()
    line.ask(frame(update(area("晚"))))
    assert (line.shown(early), line.shown()) == ("早", "晚")


def test_the_reset_command_answers_then_reboots(line: Line, sign: Sign) -> None:
    line.ask(TEXT)
    assert line.ask(frame(bytes.fromhex("A2 01 01 00 00"))) == ACK
    assert not sign.tap.awake
    line.clock.advance(2)
    assert sign.tap.awake
    assert line.shown() == ""


def test_display_power_and_brightness(line: Line, sign: Sign) -> None:
    line.ask(TEXT)
    assert line.ask(frame(bytes.fromhex("A3 02 01 00 00 01 08"))) == ACK
    assert line.ask(frame(bytes.fromhex("A3 02 01 00 00 01 11"))) == nack(4)
    assert sign.level == 8
    line.ask(frame(bytes.fromhex("A3 00 01 00 00 02")))
    assert line.shown() == ""
    line.ask(frame(bytes.fromhex("A3 00 01 00 00 01")))
    assert line.shown() == "A001请到3号窗口"
    assert line.ask(frame(bytes.fromhex("A3 00 01 00 00 07"))) == nack(4)


def test_the_clock_is_set_in_bcd_low_year_first_and_runs(line: Line, sign: Sign) -> None:
    # 26 20 = 2026; Thursday 1 October 08:30:00
    assert line.ask(frame(bytes.fromhex("A2 03 01 00 00 26 20 10 01 08 30 00 04"))) == ACK
    line.clock.advance(60)
    assert sign.clock().strftime("%Y-%m-%d %H:%M") == "2026-10-01 08:31"
    assert line.ask(frame(bytes.fromhex("A2 03 01 00 00 26 20 13 01 08 30 00 04"))) == nack(4)
    assert line.ask(frame(bytes.fromhex("A2 03 01 00 00 26 20 10 01 08"))) == nack(4)


def test_the_status_tells_power_brightness_clock_and_areas(line: Line) -> None:
    line.ask(frame(bytes.fromhex("A2 03 01 00 00 26 20 10 01 08 30 00 04")))
    line.ask(frame(update(area("一", number=3), area("二", number=5))))
    answer = line.ask(STATUS)
    assert answer[:8] == b"\xa5" * 8
    data = answer[8 + 14 : -3]
    assert data[:5] == bytes.fromhex("A1 02 00 00 00")
    assert data[5:13] == bytes.fromhex("01 10 26 20 10 01 08 30")
    body = data[15:]
    assert body[:10] == b"\x00    \x00\x00\x02\x03\x05"
    assert len(body) == 10 + 16 + 12


def test_after_a_flash_write_the_card_is_busy_for_a_while(line: Line) -> None:
    line.host.send(frame(bytes.fromhex("A1 06 01 00 00 01 02 03")))
    line.clock.advance(0.15)
    assert line.host.take() == ACK
    line.host.send(PING)
    line.clock.advance(0.12)
    assert line.host.take() == b""
    line.clock.advance(1.2)
    assert line.ask(PING) == ACK


def test_two_signs_that_answer_at_once_collide(line: Line) -> None:
    line.signs.at(1).turn_round_s = (0.01, 0.01)
    twin = Sign(line.wire, 1, truth=line.truth, name="twin")
    twin.turn_round_s = (0.01, 0.01)
    assert line.ask(PING) != ACK
    assert line.wire.collisions == 2 * len(ACK)
    with pytest.raises(ValueError, match="taken"):
        line.signs.add(1)


def test_a_silent_sign_shows_but_does_not_answer_and_a_slow_one_answers_late(line: Line, sign: Sign) -> None:
    sign.tap.silent = True
    assert line.ask(TEXT) == b""
    assert line.shown() == "A001请到3号窗口"
    sign.tap.silent, sign.tap.slow_s = False, 1.0
    assert line.ask(PING) == b""
    line.clock.advance(1)
    assert line.host.take() == ACK


async def test_a_sign_of_a_fast_hall_keeps_the_time_outs_of_a_program_that_counts_real_seconds() -> None:
    pace = Pace(scale=100, host_scale=1)
    wire = Wire(pace, baud=None, half_duplex=False)
    signs = Signs(wire, truth=Truth(pace))
    signs.add(1)
    host = Host(wire)
    host.send(frame(update(area("A001", run_mode=2, timeout_s=30))))
    async with asyncio.timeout(5):
        while not host.heard:  # noqa: ASYNC110 - a station of the wire has no event
            await asyncio.sleep(0.001)
    placed = signs.at(1).areas[0].placed_at
    assert signs.what_is_shown(1, placed + 2999) == "A001"
    assert signs.what_is_shown(1, placed + 3001) == ""


async def test_a_sign_answers_over_tcp() -> None:
    wire = Wire(Pace(scale=100), baud=None, half_duplex=False)
    port = TcpPort(wire)
    await port.plug()
    signs = Signs(wire, truth=Truth(wire.clock))
    signs.add(1)
    reader, writer = await asyncio.open_connection("127.0.0.1", port.number)
    writer.write(TEXT)
    async with asyncio.timeout(5):
        assert await reader.readexactly(len(ACK)) == ACK
    assert signs.what_is_shown(1) == "A001请到3号窗口"
    writer.close()
    await port.unplug()
