"""The card's framing: A5 lead-in, escapes, header, check, 5A (devices.md §2.1)."""

from __future__ import annotations

from dataclasses import dataclass

_LEAD, _END = 0xA5, 0x5A
_ESCAPED = {(0xA6, 0x02): 0xA5, (0xA6, 0x01): 0xA6, (0x5B, 0x02): 0x5A, (0x5B, 0x01): 0x5B}
_TO_ESCAPE = {plain: bytes(pair) for pair, plain in _ESCAPED.items()}
_GAP_S = 0.1
_LONGEST = 8192
_HEADER, _BARCODE, _CHECK = 14, 16, 2
_CRC16, _SUM16, _NO_CHECK = 0, 1, 2
BROADCAST = frozenset({0xFFFE, 0xFFFF})


@dataclass(frozen=True, slots=True)
class Request:
    """A frame that names its addressee; `flaw` says why its content can't be trusted."""

    destination: int
    source: int
    takes_over: bool
    """Display mode 1: dynamic areas take the place of programs instead of standing beside them."""
    data: bytes
    flaw: str | None
    raw: bytes


class Ear:
    """Finds frames in what is on the wire; a pause of more than 100 ms ends one that is not complete."""

    def __init__(self, byte_s: float) -> None:
        self._byte_s = byte_s
        self._last_at = 0.0
        self._inside: bytearray | None = None

    def reset(self) -> None:
        """Forget the frame under way."""
        self._inside = None

    def feed(self, data: bytes, at: float) -> list[Request]:
        """`at` is the moment at which the last byte ended."""
        if at - len(data) * self._byte_s - self._last_at > _GAP_S:
            self._inside = None
        self._last_at = at
        frames = (self._take(byte) for byte in data)
        return [request for frame in frames if frame and (request := _read(frame))]

    def _take(self, byte: int) -> bytes | None:
        if byte == _LEAD:  # never inside a frame, so a new one begins
            self._inside = bytearray()
        elif self._inside is not None and byte == _END:
            frame, self._inside = bytes(self._inside), None
            return frame
        elif self._inside is not None:
            self._inside.append(byte)
            if len(self._inside) > _LONGEST:
                self._inside = None
        return None


def reply(source: int, destination: int, data: bytes) -> bytes:
    """A frame of the card's own."""
    header = (
        destination.to_bytes(2, "little")
        + source.to_bytes(2, "little")
        + bytes([0, 0, 0, 0, 0, 0, 0xFE, 0x02])
        + len(data).to_bytes(2, "little")
    )
    body = header + data
    body += crc16_arc(body).to_bytes(2, "little")
    escaped = b"".join(_TO_ESCAPE.get(byte, bytes([byte])) for byte in body)
    return bytes([_LEAD]) * 8 + escaped + bytes([_END])


def crc16_arc(data: bytes) -> int:
    """CRC-16/ARC: polynomial A001 reflected, from 0000."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def _read(frame: bytes) -> Request | None:
    """What the frame says; None where it is too short to name an addressee."""
    plain, flaw = _unescape(frame)
    if len(plain) < _HEADER:
        return None
    head = _HEADER + (_BARCODE if plain[7] else 0)
    length = int.from_bytes(plain[12:14], "little")
    if flaw is None and not _check_holds(plain, plain[8]):
        flaw = "check"
    has_check = plain[8] != _NO_CHECK or len(plain) != head + length  # whether the field stays is not published
    if flaw is None and len(plain) != head + length + _CHECK * has_check:
        flaw = "length"
    return Request(
        destination=int.from_bytes(plain[0:2], "little"),
        source=int.from_bytes(plain[2:4], "little"),
        takes_over=plain[9] == 1,
        data=plain[head : head + length],
        flaw=flaw,
        raw=frame,
    )


def _unescape(frame: bytes) -> tuple[bytes, str | None]:
    plain = bytearray()
    position, flaw = 0, None
    while position < len(frame):
        byte = frame[position]
        if byte in {0xA6, 0x5B}:
            position += 1
            pair = (byte, frame[position]) if position < len(frame) else (byte, -1)
            if pair not in _ESCAPED:
                flaw = "escape"
            byte = _ESCAPED.get(pair, byte)
        plain.append(byte)
        position += 1
    return bytes(plain), flaw


def _check_holds(plain: bytes, mode: int) -> bool:
    body, check = plain[:-_CHECK], int.from_bytes(plain[-_CHECK:], "little")
    if mode == _CRC16:
        return check == crc16_arc(body)
    if mode == _SUM16:
        return check == sum(body) & 0xFFFF
    return mode == _NO_CHECK
