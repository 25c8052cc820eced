r"""Frames of the Onbon 仰邦 font cards (字库卡) BX-5K, BX-5MK and BX-6K.

Source: the maker's "BX-5K/6K通讯协议用户版本" v1.4, 2021-02-28 (doc.onbonbx.com/zh/k/potocol); § are its sections.

    A5 ×8 · escaped( header · data · CRC-16/ARC, low byte first ) · 5A          §3; one A5 is enough to begin
    escapes  A5 → A6 02   A6 → A6 01   5A → 5B 02   5B → 5B 01                   §3.3; CRC and lengths are unescaped
    header   destination 2 · source 2 · reserved 3 · has barcode 1 [· barcode 16] · check mode 1 · display mode 1 ·
             device type 1 · protocol version 1 · data length 2                  §4

All numbers are little-endian. What the data says is in `onbon.py`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from drivers.checks import crc16_arc
from drivers.events import BadFrame

LEAD_IN = 0xA5
END = 0x5A
OWN_ADDRESS = 0x8000  # §4: client programs are 8000 to DFFF
BROADCAST_SILENT = 0xFFFF  # §4: every card obeys, none answers
BROADCAST = 0xFFFE  # §4: every card obeys and answers
ANY_DEVICE = 0xFE  # §4
MAX_DATA = 1024  # §5.1.3: the card's receive buffer

_HEADER = struct.Struct("<HH3sB")
_HEADER_END = struct.Struct("<BBBBH")
_BARCODE = 16
_SHORTEST = _HEADER.size + _HEADER_END.size + 2
_LONGEST_RAW = 2 * (_SHORTEST + _BARCODE + MAX_DATA)
_ESCAPES = {0xA5: b"\xa6\x02", 0xA6: b"\xa6\x01", 0x5A: b"\x5b\x02", 0x5B: b"\x5b\x01"}
_UNESCAPES = {code: plain for plain, code in _ESCAPES.items()}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, either way; `data` is what the command or reply says."""

    destination: int
    source: int
    data: bytes
    display_mode: int = 0
    """0: dynamic areas beside programs; 1: dynamic areas first."""
    device: int = ANY_DEVICE
    version: int = 2
    reserved: bytes = b"\0\0\0"
    barcode: bytes = b""
    """16 bytes, or none."""


def encode(frame: Frame) -> bytes:
    """Bytes for the wire, lead-in to end; ValueError where the data is longer than a card takes."""
    if len(frame.data) > MAX_DATA:
        raise ValueError(f"frame data: expected at most {MAX_DATA} bytes, got {len(frame.data)}")
    if len(frame.barcode) not in {0, _BARCODE}:
        raise ValueError(f"barcode: expected {_BARCODE} bytes or none, got {len(frame.barcode)}")
    body = (
        _HEADER.pack(frame.destination, frame.source, frame.reserved, bool(frame.barcode))
        + frame.barcode
        + _HEADER_END.pack(0, frame.display_mode, frame.device, frame.version, len(frame.data))
        + frame.data
    )
    body += crc16_arc(body).to_bytes(2, "little")
    return bytes([LEAD_IN] * 8) + b"".join(_ESCAPES.get(byte, bytes([byte])) for byte in body) + bytes([END])


class Decoder:
    """Bytes in any portions to frames; other devices' bytes between frames are passed over in silence."""

    def __init__(self) -> None:
        self._body: bytearray | None = None

    def feed(self, received: bytes) -> list[Frame | BadFrame]:
        """The frames that end in these bytes, in order; never raises."""
        found: list[Frame | BadFrame] = []
        for byte in received:
            if byte == LEAD_IN:
                if self._body:
                    found.append(BadFrame(bytes(self._body), "a new frame began before the end 5A"))
                self._body = bytearray()
            elif self._body is None:
                continue
            elif byte == END:
                if self._body:
                    found.append(_frame(bytes(self._body)))
                self._body = None
            elif len(self._body) == _LONGEST_RAW:
                found.append(BadFrame(bytes(self._body), f"expected the end 5A within {_LONGEST_RAW} bytes"))
                self._body = None
            else:
                self._body.append(byte)
        return found


def _frame(raw: bytes) -> Frame | BadFrame:
    body = _unescape(raw)
    if body is None:
        return BadFrame(raw, "expected 01 or 02 after A6 and 5B")
    barcode_size = _BARCODE if len(body) > _HEADER.size and body[_HEADER.size - 1] & 1 else 0
    if len(body) < _SHORTEST + barcode_size:
        return BadFrame(raw, f"expected at least {_SHORTEST + barcode_size} bytes, got {len(body)}")
    destination, source, reserved, _ = _HEADER.unpack_from(body)
    mode, display_mode, device, version, size = _HEADER_END.unpack_from(body, _HEADER.size + barcode_size)
    data = body[_SHORTEST - 2 + barcode_size : -2]
    fault = _fault(body, mode, size, len(data))
    if fault:
        return BadFrame(raw, fault)
    barcode = body[_HEADER.size : _HEADER.size + barcode_size]
    return Frame(destination, source, data, display_mode, device, version, reserved, barcode)


def _fault(body: bytes, mode: int, expected_size: int, size: int) -> str:
    if mode != 0:  # a sum, or no check at all, would let noise through
        return f"expected check mode 0 (CRC16), got {mode}"
    if expected_size != size:
        return f"header says {expected_size} data bytes, got {size}"
    expected, got = crc16_arc(body[:-2]), int.from_bytes(body[-2:], "little")
    return "" if expected == got else f"CRC: expected {expected:04X}, got {got:04X}"


def _unescape(raw: bytes) -> bytes | None:
    plain = bytearray()
    position = 0
    while position < len(raw):
        if raw[position] in {0xA6, 0x5B}:
            original = _UNESCAPES.get(raw[position : position + 2])
            if original is None:
                return None
            plain.append(original)
            position += 2
        else:
            plain.append(raw[position])
            position += 1
    return bytes(plain)
