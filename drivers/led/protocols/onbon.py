"""Commands and replies of the Onbon 仰邦 font cards (字库卡) BX-5K, BX-5MK and BX-6K: the data of their frames.

Source: the maker's "BX-5K/6K通讯协议用户版本" v1.4, 2021-02-28 (doc.onbonbx.com/zh/k/potocol); § are its sections.

    request  group · number · reply wanted 1 yes 2 no · reserved 2 · body        §5.1.1
    reply    group · number · error · reserved 2 · body                          §5.1.2
    A3 06    deleted areas n, ids (FF: all) · areas n · n × ( length 2 · area )  §8.2.1, §9.1

All numbers are little-endian. The frame around is in `onbon_frame.py`. The 6th-generation E and Q series speak another
protocol.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from drivers.events import BadFrame
from drivers.led.protocols.onbon_frame import Frame
from drivers.registry import Driver, opener

MAX_AREA = 512  # §8.2.1: BX-5K, one dynamic area; BX-6K takes 1024
BRIGHTEST = 15  # §8.17

# §6
ERRORS = {
    0: "ERR_NO",
    1: "ERR_OUTOFGROUP",
    2: "ERR_NOCMD",
    3: "ERR_BUSY",
    4: "ERR_MEMORYVOLUME",
    5: "ERR_CHECKSUM",
    6: "ERR_FILENOTEXIST",
    7: "ERR_FLASH",
    8: "ERR_FILE_DOWNLOAD",
    9: "ERR_FILE_NAME",
    10: "ERR_FILE_TYPE",
    11: "ERR_FILE_CRC16",
    12: "ERR_FONT_NOT_EXIST",
    13: "ERR_FIRMWARE_TYPE",
    14: "ERR_DATE_TIME_FORMAT",
    15: "ERR_FILE_EXIST",
    16: "ERR_FILE_BLOCK_NUM",
}
ERR_BUSY = 3
ERR_CHECKSUM = 5


DRIVER = Driver(
    name="led.onbon",
    family="led",
    open=opener("drivers.led.driver:open_session"),
    options={
        "timeout_s": "多久无新内容即自动熄屏, 秒, 1–65535 (默认随内容) / seconds until the sign blanks itself",
        "brightness": "亮度 1–16, 上线时设置 (默认不改) / brightness set when the sign comes up",
        "colour": "字色 red, green, yellow; 单色屏可用 none (默认随内容) / text colour; none sends no colour code",
        "charset": "字库编码 gb2312 (默认) 或 gbk / charset of the card's fonts",
        "font": "字高像素 16 (默认), 24, 32 / font height in pixels",
        "overflow": "文字过长时 scroll 左移 (默认) 或 page 分页 / what to do with text wider than the sign",
        "speed": "左移速度 0 (快) – 24 (慢), 默认 4 / scrolling speed",
        "stay": "左移停留, 0.5 秒为单位, 0–255, 默认 5 / how long scrolled text stands, in half seconds",
        "pixels": "区域坐标按像素而不按 8 像素字节发送 (默认 false) / send x and width in pixels",
        "area": "动态区编号 0–7, 默认 0 / the dynamic area used",
        "areas_first": "动态区优先于节目 (默认 false) / dynamic areas go before programs",
        "baud": "网口后面串口的波特率, 默认 9600 / line speed behind a device server",
        "reply_s": "控制卡应答等待, 秒, 0.05–5, 默认 0.3 / how long a card may think",
        "timezone": "控制卡时钟的时区, 默认 Asia/Shanghai / zone of the card's clock",
    },
)


# ---- requests: the data of a frame


def command(group: int, number: int, body: bytes = b"", *, reply: bool = True) -> bytes:
    """Any request's data."""
    return bytes([group, number, 1 if reply else 2, 0, 0]) + body


def ping() -> bytes:
    """§8.7; answered by ACK."""
    return command(0xA2, 0x00)


def reset() -> bytes:
    """§8.9: the card ERASES all programs and fonts, keeping only its firmware, and restarts. For workshops only."""
    return command(0xA2, 0x01)


def query_status() -> bytes:
    """§8.4; answered by Status."""
    return command(0xA1, 0x02)


def set_clock(when: datetime) -> bytes:
    """§8.10: the card's clock takes local time; weekday 1 Monday to 7 Sunday."""
    century, year = divmod(when.year, 100)
    fields = (year, century, when.month, when.day, when.hour, when.minute, when.second, when.isoweekday())
    return command(0xA2, 0x03, bytes(_bcd(field) for field in fields))


def power(*, on: bool) -> bytes:
    """§8.13: light the panel or darken it; the card goes on answering."""
    return command(0xA3, 0x00, b"\x01" if on else b"\x02")


def brightness(level: int) -> bytes:
    """§8.17, forced mode: 0 dark to 15 bright."""
    if not 0 <= level <= BRIGHTEST:
        raise ValueError(f"brightness: expected 0 to {BRIGHTEST}, got {level}")
    return command(0xA3, 0x02, bytes([1, level]))


def clear_screen() -> bytes:
    """§8.16."""
    return command(0xA3, 0x10)


class RunMode(IntEnum):
    """§9.1; 3 to 5 stand in clients' code only."""

    LOOP = 0
    HOLD_LAST_PAGE = 1
    LOOP_THEN_BLANK = 2
    LOOP_THEN_LOGO = 3
    ONCE = 4
    SOME_TIMES = 5


class Effect(IntEnum):
    """§9.1."""

    STATIC = 1
    AT_ONCE = 2
    LEFT = 3
    RIGHT = 4
    UP = 5
    DOWN = 6


# §9.1: bits 0 and 1 across, bits 2 and 3 down; nothing set is left and top
ALIGN_RIGHT = 0b0001
ALIGN_CENTRE = 0b0010
ALIGN_BOTTOM = 0b0100
ALIGN_MIDDLE = 0b1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A dynamic area, §9.1; lengths in pixels. It lives in RAM: a power cycle loses it."""

    text: bytes
    width: int
    height: int
    x: int = 0
    y: int = 0
    in_pixels: bool = False
    """Send x and width in pixels even where whole bytes (8 pixels) would do."""
    id: int = 0
    line_spacing: int = 0
    run_mode: int = RunMode.LOOP
    timeout_s: int = 0
    align: int = 0
    multi_line: bool = False
    auto_wrap: bool = False
    effect: int = Effect.STATIC
    exit_mode: int = 0
    speed: int = 0
    """0 fastest to 0x18 slowest."""
    stay: int = 0x0A
    """How long a page stands, in half seconds."""


def update_areas(areas: Sequence[Area], *, delete: Sequence[int] = ()) -> bytes:
    """§8.2.1: delete areas by id, then show these; nothing else on the card changes."""
    return _areas(bytes([len(delete), *delete]), areas)


def delete_all_areas(areas: Sequence[Area] = ()) -> bytes:
    """§8.2.1: delete every area, then show these."""
    return _areas(b"\xff", areas)


def _areas(deleted: bytes, areas: Sequence[Area]) -> bytes:
    blocks = [_area(area) for area in areas]
    body = b"".join(len(block).to_bytes(2, "little") + block for block in blocks)
    return command(0xA3, 0x06, deleted + bytes([len(areas)]) + body)


def _area(area: Area) -> bytes:
    return (
        struct.pack(
            "<BHHHHBBBH",
            0,
            _across(area.x, in_pixels=area.in_pixels),
            area.y,
            _across(area.width, in_pixels=area.in_pixels),
            area.height,
            area.id,
            area.line_spacing,
            area.run_mode,
            area.timeout_s,
        )
        # No voice and no extension bytes.
        + bytes([0, 0, area.align, 2 if area.multi_line else 1, 2 if area.auto_wrap else 1])
        + struct.pack("<BBBBI", area.effect, area.exit_mode, area.speed, area.stay, len(area.text))
        + area.text
    )


def _across(pixels: int, *, in_pixels: bool) -> int:
    return 0x8000 | pixels if in_pixels or pixels % 8 else pixels // 8


def _bcd(number: int) -> int:
    return number // 10 << 4 | number % 10


# ---- replies: what the data of a card's frame says


@dataclass(frozen=True, slots=True)
class Ack:
    """§7.1: done."""

    address: int


@dataclass(frozen=True, slots=True)
class Nack:
    """§7.2: not done."""

    address: int
    code: int

    @property
    def name(self) -> str:
        """The maker's name of the error, §6."""
        return ERRORS.get(self.code, f"error {self.code}")


@dataclass(frozen=True, slots=True)
class Status:
    """§8.4."""

    address: int
    power_on: bool
    brightness: int
    clock: datetime | None
    """The card's local time; None where the bytes are no time."""
    programs: int
    program: bytes
    areas: tuple[int, ...]
    """The ids of the dynamic areas that it holds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Any other reply without an error."""

    address: int
    group: int
    number: int
    body: bytes


Reply = Ack | Nack | Status | Answer


def reply(frame: Frame) -> Reply | BadFrame:
    """What a card's frame says; never raises."""
    if len(frame.data) < 5:
        return BadFrame(frame.data, f"reply: expected at least 5 data bytes, got {len(frame.data)}")
    group, number, error = frame.data[:3]
    body = frame.data[5:]
    if error or (group, number) == (0xA0, 0x01):
        return Nack(frame.source, error)
    if (group, number) == (0xA0, 0x00):
        return Ack(frame.source)
    if (group, number) == (0xA1, 0x02):
        return _status(frame.source, body) or BadFrame(frame.data, f"status of {len(body)} bytes: no known layout")
    return Answer(frame.source, group, number, body)


def _status(address: int, body: bytes) -> Status | None:
    # BX-5K1 leaves out the two bytes about the special area; barcode and network id end the reply.
    for count_at in (17, 15):
        if len(body) > count_at and len(body) == count_at + 1 + body[count_at] + 16 + 12:
            areas = tuple(body[count_at + 1 : count_at + 1 + body[count_at]])
            return Status(address, body[0] == 1, body[1], _clock(body[2:10]), body[10], body[11:15], areas)
    return None


def _clock(coded: bytes) -> datetime | None:
    # §8.4 puts the weekday fourth, §8.10 last, and neither example settles the order of the year's bytes: the century
    # and the date's own weekday tell.
    if any(byte >> 4 > 9 or byte & 15 > 9 for byte in coded):
        return None
    year_a, year_b, month, day, *rest = ((byte >> 4) * 10 + (byte & 15) for byte in coded)
    year = year_b * 100 + year_a if year_b in {19, 20, 21} else year_a * 100 + year_b
    for weekday, (hour, minute, second) in ((rest[0], rest[1:]), (rest[3], rest[:3])):
        try:
            clock = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - a card knows no zone
        except ValueError:
            continue
        if clock.isoweekday() == weekday:
            return clock
    return None
